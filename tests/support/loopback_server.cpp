#include "support/loopback_server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/text.hpp"

namespace errand::test {

namespace {

constexpr std::chrono::milliseconds forever{-1};
constexpr std::chrono::milliseconds blocked_after{200};

Fd listen_on_loopback(int& port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (!fd || ::bind(fd.get(), generic, size) != 0 || ::listen(fd.get(), 1024) != 0 ||
      ::getsockname(fd.get(), generic, &size) != 0) {
    throw std::runtime_error(std::string("the loopback server can't listen: ") + std::strerror(errno));
  }
  port = ntohs(address.sin_port);
  return fd;
}

std::string head_of(const Reply& reply) {
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " Status\r\n";
  for (const auto& [name, value] : reply.headers) head += name + ": " + value + "\r\n";
  std::size_t size = 0;
  for (const auto& piece : reply.body) size += piece.bytes.size();
  switch (reply.framing) {
    case Reply::Framing::chunked:
      head += "transfer-encoding: chunked\r\n";
      break;
    case Reply::Framing::content_length:
      head += "content-length: " + std::to_string(reply.content_length.value_or(size)) + "\r\n";
      break;
    case Reply::Framing::until_close:
      head += "connection: close\r\n";
      break;
  }
  return head + "\r\n";
}

std::string chunk_of(std::string_view bytes) {
  std::array<char, 20> size{};
  const auto [end, error] = std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16);
  (void)error;  // twenty digits hold any size
  std::string chunk(size.data(), end);
  return chunk.append("\r\n").append(bytes).append("\r\n");
}

std::size_t content_length_of(const ReceivedRequest& request) {
  const auto value = request.header("content-length");
  return value ? static_cast<std::size_t>(std::stoull(*value)) : 0;
}

void parse_head(std::string_view head, ReceivedRequest& request) {
  bool first = true;
  for (const auto& raw : text::lines(head)) {
    const auto line = text::trim_end(raw);
    if (std::exchange(first, false)) {
      const auto words = text::split(line, ' ');
      request.method = words.at(0);
      request.path = words.at(1);
    } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
      request.headers.emplace_back(line.substr(0, colon), text::trim(line.substr(colon + 1)));
    }
  }
}

}  // namespace

std::optional<std::string> ReceivedRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (text::lower(key) == text::lower(name)) return value;
  }
  return std::nullopt;
}

Reply text_reply(int status, std::string body, std::string content_type) {
  Reply reply;
  reply.status = status;
  reply.headers = {{"content-type", std::move(content_type)}};
  reply.framing = Reply::Framing::content_length;
  reply.body.push_back(Piece{.bytes = std::move(body)});
  return reply;
}

Reply stream_reply(std::vector<std::string> pieces) {
  Reply reply;
  reply.headers = {{"content-type", "text/event-stream"}};
  for (auto& piece : pieces) reply.body.push_back(Piece{.bytes = std::move(piece)});
  return reply;
}

Reply no_reply(Reply::Ending how) {
  Reply reply;
  reply.head = Reply::Head::omit;
  reply.ending = how;
  return reply;
}

template <class F>
void LoopbackServer::update(F&& change) {
  {
    const std::lock_guard lock(mutex_);
    change(state_);
  }
  changed_.notify_all();
}

template <class F>
bool LoopbackServer::wait_until(F&& reached) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] { return reached(state_); });
}

template <class F>
auto LoopbackServer::read(F&& what) const {
  const std::lock_guard lock(mutex_);
  return what(state_);
}

/// One accepted connection: requests in, replies out, until either side ends it.
class LoopbackServer::Connection {
 public:
  Connection(LoopbackServer& server, Fd fd, int number) : server_(server), fd_(std::move(fd)), number_(number) {}

  void serve() {
    while (true) {
      auto request = read_request();
      if (!request) break;
      server_.update([&](State& state) { state.requests.push_back(*request); });
      if (!answer(server_.next_reply(*request))) break;
    }
    if (client_went_) server_.update([](State& state) { ++state.closed_by_client; });
  }

 private:
  enum class Woken { ready, quiet, stopped };

  // Waits for the socket; `quiet` when nothing happened for `limit`.
  [[nodiscard]] Woken wait_socket(short events, std::chrono::milliseconds limit) const {
    std::array<pollfd, 2> fds{pollfd{fd_.get(), events, 0}, pollfd{server_.stop_.get(), POLLIN, 0}};
    const int n = ::poll(fds.data(), fds.size(), static_cast<int>(limit.count()));
    if (fds[1].revents != 0) return Woken::stopped;
    return n == 0 ? Woken::quiet : Woken::ready;
  }

  std::optional<ReceivedRequest> read_request() {
    ReceivedRequest request{.method = {}, .path = {}, .headers = {}, .body = {}, .connection = number_};
    std::size_t head_end = 0;
    while ((head_end = input_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) return std::nullopt;
    }
    parse_head(std::string_view(input_).substr(0, head_end), request);
    input_.erase(0, head_end + 4);
    const auto size = content_length_of(request);
    while (input_.size() < size) {
      if (!receive()) return std::nullopt;
    }
    request.body = input_.substr(0, size);
    input_.erase(0, size);
    return request;
  }

  bool receive() {
    if (wait_socket(POLLIN, forever) == Woken::stopped) return false;
    std::array<char, 65536> buffer{};
    const auto n = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (n <= 0) {
      client_went_ = true;
      return false;
    }
    input_.append(buffer.data(), static_cast<std::size_t>(n));
    return true;
  }

  // Whether the connection can serve another request.
  bool answer(const Reply& reply) {
    if (reply.head == Reply::Head::omit) return finish(reply.ending);
    if (!keep_silent(reply.head_delay, reply.head_stall) || !send(head_of(reply))) return false;
    std::size_t left = reply.cut_after.value_or(SIZE_MAX);
    for (const auto& piece : reply.body) {
      if (!keep_silent(piece.delay, piece.stall)) return false;
      const auto bytes = std::string_view(piece.bytes).substr(0, left);
      if (!bytes.empty() && !send(reply.framing == Reply::Framing::chunked ? chunk_of(bytes) : std::string(bytes))) {
        return false;
      }
      left -= bytes.size();
      if (left == 0) return finish(reply.ending == Reply::Ending::reset ? reply.ending : Reply::Ending::cut);
    }
    const bool whole = reply.ending == Reply::Ending::keep_alive || reply.ending == Reply::Ending::close;
    if (whole && reply.framing == Reply::Framing::chunked && !send("0\r\n\r\n")) return false;
    return finish(reply.framing == Reply::Framing::until_close && whole ? Reply::Ending::close : reply.ending);
  }

  // False when the silence must go on no longer: the client went, or the server stops.
  bool keep_silent(std::chrono::milliseconds delay, bool stall) {
    if (!stall && delay.count() == 0) return true;
    if (stall) server_.update([](State& state) { ++state.stalls; });
    const auto woken = wait_socket(POLLRDHUP, stall ? forever : delay);
    if (woken == Woken::ready) client_went_ = true;
    return woken == Woken::quiet;
  }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n < 0 && errno != EAGAIN && errno != EINTR) {
        client_went_ = true;
        return false;
      }
      if (n < 0 && !wait_writable()) return false;
      if (n <= 0) continue;
      bytes.remove_prefix(static_cast<std::size_t>(n));
      server_.update([&](State& state) { state.bytes_sent += static_cast<std::uint64_t>(n); });
    }
    return true;
  }

  [[nodiscard]] bool wait_writable() const {
    auto woken = wait_socket(POLLOUT, blocked_after);
    if (woken == Woken::quiet) {
      server_.update([](State& state) { ++state.blocked_sends; });
      woken = wait_socket(POLLOUT, forever);
    }
    return woken == Woken::ready;
  }

  bool finish(Reply::Ending how) {
    if (how == Reply::Ending::keep_alive) return true;
    if (how == Reply::Ending::reset) {
      const linger at_once{.l_onoff = 1, .l_linger = 0};
      ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    fd_.reset();
    return false;
  }

  LoopbackServer& server_;
  Fd fd_;
  int number_;
  std::string input_;
  bool client_went_ = false;
};

LoopbackServer::LoopbackServer() : LoopbackServer(Handler()) {}

LoopbackServer::LoopbackServer(Handler handler)
    : handler_(std::move(handler)), stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  listener_ = listen_on_loopback(port_);
  acceptor_ = std::thread([this] { accept_all(); });
}

LoopbackServer::~LoopbackServer() {
  ::eventfd_write(stop_.get(), 1);
  acceptor_.join();
  for (auto& connection : connections_) connection.join();
}

void LoopbackServer::accept_all() {
  while (true) {
    std::array<pollfd, 2> fds{pollfd{listener_.get(), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
    ::poll(fds.data(), fds.size(), -1);
    if (fds[1].revents != 0) return;
    Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd) continue;
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int number = 0;
    update([&](State& state) { number = ++state.connections; });
    connections_.emplace_back(
        [this, number, owned = std::move(fd)]() mutable { Connection(*this, std::move(owned), number).serve(); });
  }
}

Reply LoopbackServer::next_reply(const ReceivedRequest& request) {
  if (handler_) return handler_(request);
  std::optional<Reply> reply;
  update([&](State& state) {
    if (state.replies.empty()) {
      ++state.unexpected;
      return;
    }
    reply = std::move(state.replies.front());
    state.replies.pop_front();
  });
  return reply ? *std::move(reply) : text_reply(500, "the loopback server has no reply left", "text/plain");
}

std::string LoopbackServer::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

void LoopbackServer::enqueue(Reply reply) {
  update([&](State& state) { state.replies.push_back(std::move(reply)); });
}

std::vector<ReceivedRequest> LoopbackServer::requests() const {
  return read([](const State& state) { return state.requests; });
}
int LoopbackServer::connections() const {
  return read([](const State& state) { return state.connections; });
}
int LoopbackServer::closed_by_client() const {
  return read([](const State& state) { return state.closed_by_client; });
}
int LoopbackServer::unexpected() const {
  return read([](const State& state) { return state.unexpected; });
}
std::uint64_t LoopbackServer::bytes_sent() const {
  return read([](const State& state) { return state.bytes_sent; });
}

bool LoopbackServer::wait_for_requests(std::size_t count) const {
  return wait_until([&](const State& state) { return state.requests.size() >= count; });
}
bool LoopbackServer::wait_for_closed_by_client(int count) const {
  return wait_until([&](const State& state) { return state.closed_by_client >= count; });
}
bool LoopbackServer::wait_for_stalls(int count) const {
  return wait_until([&](const State& state) { return state.stalls >= count; });
}
bool LoopbackServer::wait_for_blocked_sends(int count) const {
  return wait_until([&](const State& state) { return state.blocked_sends >= count; });
}

}  // namespace errand::test
