#include "net/proxy_connection.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/socket.h>

#include "base/text.hpp"
#include "base/unicode.hpp"
#include "net/proxy.hpp"

namespace errand::net {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds head_limit{30};
constexpr seconds lookup_limit{20};
constexpr seconds connect_limit{10};  // for each address
constexpr minutes idle_limit{10};     // a build may be quiet that long
constexpr seconds farewell_limit{2};  // for the client to read why
constexpr std::size_t read_bytes = 32U << 10U;

constexpr int http_bad_gateway = 502;
constexpr int http_gateway_timeout = 504;
constexpr int socks_unreachable = 4;
constexpr int socks_not_answered = 5;

std::string_view reason_phrase(int status) {
  switch (status) {
    case 403:
      return "Forbidden";
    case 411:
      return "Length Required";
    case 431:
      return "Request Header Fields Too Large";
    case http_bad_gateway:
      return "Bad Gateway";
    case http_gateway_timeout:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Bad Request";
  }
}

std::string http_answer(const BadRequest& why, const HostRules& rules) {
  auto body = fmt::format("errand: {}\n", unicode::sanitize(why.why));
  if (why.code == 403 && rules.reach() == Reach::listed) {
    body += rules.allowed().empty() ? "no host is allowed\n"
                                    : fmt::format("allowed hosts: {}\n", fmt::join(rules.allowed(), ", "));
  }
  return fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n"
      "Connection: close\r\n\r\n{}",
      why.code, reason_phrase(why.code), body.size(), body);
}

// RFC 1928, 6, with no bound address to tell.
std::string socks_answer(int reply) {
  return {'\5', static_cast<char>(reply), '\0', '\1', '\0', '\0', '\0', '\0', '\0', '\0'};
}

pollfd poll_of(int fd, short events) {
  return {events == 0 ? -1 : fd, events, 0};  // a socket nothing is wanted of would report its end again and again
}

short wanted(bool read, bool write) {
  return static_cast<short>((read ? POLLIN : 0) | (write ? POLLOUT : 0));
}

}  // namespace

ProxyConnection::ProxyConnection(std::uint64_t ticket, Fd client, const ProxyServices& services)
    : ticket_(ticket), services_(services) {
  client_.fd = std::move(client);
  enter(State::hello, head_limit);
}

void ProxyConnection::enter(State state, Clock::duration limit) {
  state_ = state;
  deadline_ = Clock::now() + limit;
}

std::array<pollfd, 2> ProxyConnection::polls() const {
  const auto has_room = [](const Side& side) { return side.out.size() < Proxy::max_buffered_bytes; };
  switch (state_) {
    case State::hello:
    case State::socks_request:
      return {poll_of(client_.fd.get(), wanted(true, !client_.out.empty())), poll_of(-1, 0)};
    case State::looking_up:
    case State::over:
      return {poll_of(-1, 0), poll_of(-1, 0)};
    case State::connecting:
      return {poll_of(-1, 0), poll_of(server_.fd.get(), POLLOUT)};
    case State::relaying:
      return {poll_of(client_.fd.get(), wanted(!client_.ended && has_room(server_), !client_.out.empty())),
              poll_of(server_.fd.get(), wanted(!server_.ended && has_room(client_), !server_.out.empty()))};
    case State::farewell:
      return {poll_of(client_.fd.get(), wanted(client_.out.empty(), !client_.out.empty())), poll_of(-1, 0)};
  }
  return {poll_of(-1, 0), poll_of(-1, 0)};
}

void ProxyConnection::handle(const std::array<pollfd, 2>& polls) {
  switch (state_) {
    case State::hello:
    case State::socks_request:
      if (polls[0].revents == 0) return;
      if (receive(client_.fd.get(), in_) == Got::end) return enter(State::over, {});
      return read_request();
    case State::connecting:
      if (polls[1].revents == 0) return;
      last_error_ = connect_error(server_.fd.get());
      return last_error_ == 0 ? connected() : try_next_address();
    case State::relaying:
      if ((polls[0].revents | polls[1].revents) != 0) relay(polls);
      return;
    case State::farewell:
      if (polls[0].revents != 0) say_farewell();
      return;
    case State::looking_up:
    case State::over:
      return;
  }
}

void ProxyConnection::read_request() {
  if (state_ == State::hello && !in_.empty()) speaks_ = in_.front() == '\5' ? Speaks::socks : Speaks::http;
  speaks_ == Speaks::socks ? read_socks() : read_http();
  const bool waiting = state_ == State::hello || state_ == State::socks_request;
  if (waiting && in_.size() > Proxy::max_head_bytes) refuse({431, "the request's head is too long"});
  if (waiting && state_ != State::over) flush(client_);
}

void ProxyConnection::read_http() {
  auto request = read_http_request(in_);
  if (!request) return refuse_unread(request.error());
  if (*request) take(**std::move(request));
}

void ProxyConnection::read_socks() {
  if (state_ == State::hello) {
    const auto greeting = read_socks_greeting(in_);
    if (!greeting) {
      client_.out += {'\5', '\xFF'};
      return enter(State::farewell, farewell_limit);
    }
    if (!*greeting) return;
    in_.erase(0, **greeting);
    client_.out += std::string_view("\5\0", 2);
    state_ = State::socks_request;
  }
  auto request = read_socks_request(in_);
  if (!request) return refuse_unread(request.error());
  if (*request) take(**std::move(request));
}

// A host that could not be read was asked for all the same, as it was written.
void ProxyConnection::refuse_unread(const BadRequest& why) {
  request_.wanted.host.name = text::ellipsize(unicode::sanitize(why.host), 100);
  if (!why.host.empty()) decide(why.why);
  refuse(why);
}

void ProxyConnection::take(ProxyRequest request) {
  request_ = std::move(request);
  in_.erase(0, request_.consumed);
  body_left_ = request_.body_bytes;
  if (const auto refusal = services_.rules.refusal_of(request_.wanted); !refusal.empty()) {
    decide(refusal);
    return refuse({speaks_ == Speaks::http ? 403 : 2, refusal});
  }
  enter(State::looking_up, lookup_limit);
  services_.lookups.start(ticket_, request_.wanted.host);
}

void ProxyConnection::decide(const std::string& refusal) {
  if (services_.on_decision) services_.on_decision(request_.wanted, refusal);
}

void ProxyConnection::resolved(Result<std::vector<Address>> addresses) {
  if (state_ != State::looking_up) return;
  if (!addresses) {
    decide({});
    return refuse({speaks_ == Speaks::http ? http_bad_gateway : socks_unreachable, addresses.error().message});
  }
  const auto refusal = services_.rules.refusal_of(request_.wanted, *addresses);
  decide(refusal);
  if (!refusal.empty()) return refuse({speaks_ == Speaks::http ? 403 : 2, refusal});
  addresses_ = *std::move(addresses);
  last_error_ = EHOSTUNREACH;
  try_next_address();
}

void ProxyConnection::try_next_address() {
  while (next_address_ < addresses_.size()) {
    auto socket = begin_connect(addresses_[next_address_++], request_.wanted.port);
    if (!socket) continue;
    server_.fd = *std::move(socket);
    return enter(State::connecting, connect_limit);
  }
  refuse({speaks_ == Speaks::http ? http_bad_gateway : socks_not_answered,
          fmt::format("can't connect to {}:{}: {}", in_url(request_.wanted.host), request_.wanted.port,
                      std::strerror(last_error_))});
}

void ProxyConnection::connected() {
  if (speaks_ == Speaks::socks) {
    client_.out += socks_answer(0);
  } else if (request_.head.empty()) {
    client_.out += "HTTP/1.1 200 Connection established\r\n\r\n";
  }
  server_.out = request_.head + std::exchange(in_, {});
  keep_within_body();
  enter(State::relaying, idle_limit);
  relay({});
}

// Of a request for an http: URL only its own body goes to its server: what follows would be another request.
void ProxyConnection::keep_within_body() {
  if (request_.head.empty()) return;
  const auto head_bytes = server_.out.starts_with(request_.head) ? request_.head.size() : 0;
  const auto body_bytes = server_.out.size() - head_bytes;
  if (body_bytes <= body_left_) {
    body_left_ -= body_bytes;
    return;
  }
  server_.out.resize(head_bytes + static_cast<std::size_t>(body_left_));
  body_left_ = 0;
}

void ProxyConnection::relay(const std::array<pollfd, 2>& polls) {
  deadline_ = Clock::now() + idle_limit;
  pass_on(client_, server_, polls[0].revents);
  pass_on(server_, client_, polls[1].revents);
  for (auto* side : {&client_, &server_}) {
    if (state_ == State::relaying) flush(*side);
  }
  if (state_ != State::relaying) return;
  pass_end(client_, server_);
  pass_end(server_, client_);
  // The answer to an http: URL is whole when its server says so; nothing more of the client is waited for.
  const bool answered = !request_.head.empty() && client_.shut;
  if (answered || (client_.shut && server_.shut)) enter(State::farewell, farewell_limit);
}

void ProxyConnection::pass_on(Side& from, Side& to, short events) {
  if (from.ended || (events & (POLLIN | POLLHUP | POLLERR)) == 0) return;
  if (&from == &server_ || request_.head.empty()) {
    from.ended = receive(from.fd.get(), to.out) == Got::end;
    return;
  }
  std::string piece;
  from.ended = receive(from.fd.get(), piece) == Got::end;
  const auto kept = std::min<std::uint64_t>(piece.size(), body_left_);
  body_left_ -= kept;
  to.out.append(piece, 0, static_cast<std::size_t>(kept));
}

// A half-close goes through once all before it has gone. Servers take it for an abort where an answer is due.
void ProxyConnection::pass_end(Side& from, Side& to) {
  if (!from.ended || to.shut || !to.out.empty()) return;
  if (&from == &client_ && !request_.head.empty()) return;
  ::shutdown(to.fd.get(), SHUT_WR);
  to.shut = true;
}

void ProxyConnection::refuse(const BadRequest& why) {
  client_.out += speaks_ == Speaks::http ? http_answer(why, services_.rules) : socks_answer(why.code);
  server_ = {};
  enter(State::farewell, farewell_limit);
  say_farewell();
}

// Closing with bytes of the client unread would reset the connection, and take our answer with it.
void ProxyConnection::say_farewell() {
  flush(client_);
  if (state_ == State::over || !client_.out.empty()) return;
  if (!client_.shut) ::shutdown(client_.fd.get(), SHUT_WR);
  client_.shut = true;
  std::string ignored;
  if (client_.ended || receive(client_.fd.get(), ignored) == Got::end) state_ = State::over;
}

void ProxyConnection::deadline_passed() {
  switch (state_) {
    case State::connecting:
      last_error_ = ETIMEDOUT;
      return try_next_address();
    case State::looking_up:
      decide({});
      return refuse({speaks_ == Speaks::http ? http_gateway_timeout : socks_unreachable,
                     fmt::format("looking up {} took too long", request_.wanted.host.name)});
    case State::hello:
    case State::socks_request:
    case State::relaying:
    case State::farewell:
    case State::over:
      state_ = State::over;
  }
}

// A broken connection is one that ended: who writes to it will learn.
ProxyConnection::Got ProxyConnection::receive(int fd, std::string& into) {
  std::array<char, read_bytes> buffer;  // NOLINT: read before it is used
  const auto count = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count > 0) {
    into.append(buffer.data(), static_cast<std::size_t>(count));
    return Got::bytes;
  }
  return count < 0 && (errno == EAGAIN || errno == EINTR) ? Got::nothing : Got::end;
}

void ProxyConnection::flush(Side& side) {
  while (!side.out.empty()) {
    const auto count = ::send(side.fd.get(), side.out.data(), side.out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) {
      side.out.erase(0, static_cast<std::size_t>(count));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) state_ = State::over;
    return;
  }
}

}  // namespace errand::net
