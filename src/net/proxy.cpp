#include "net/proxy.hpp"

#include <algorithm>
#include <list>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/log.hpp"
#include "base/try.hpp"
#include "net/proxy_connection.hpp"

namespace errand::net {

namespace {

using Clock = ProxyConnection::Clock;

constexpr int max_lookups = 8;
// When descriptors run out, until others may have been closed.
constexpr std::chrono::milliseconds accept_pause{100};

int poll_timeout(Clock::time_point until) {
  if (until == Clock::time_point::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left, 0, 60'000));
}

}  // namespace

class Proxy::Server {
 public:
  Server(Fd listening, Fd quit, Lookups lookups, Options options)
      : listening_(std::move(listening)),
        quit_(std::move(quit)),
        lookups_(std::move(lookups)),
        options_(std::move(options)) {}
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    if (!thread_.joinable()) return;
    ::eventfd_write(quit_.get(), 1);
    thread_.join();
  }

  Result<void> start() {
    try {
      thread_ = std::thread([this] { run(); });
    } catch (const std::system_error& error) {
      return fail(ErrorKind::failure, fmt::format("can't start the proxy's thread: {}", error.what()));
    }
    return {};
  }

 private:
  void run() {
    while (true) {
      auto polls = polls_of_all();
      if (::poll(polls.data(), polls.size(), poll_timeout(next_deadline())) < 0) continue;  // EINTR
      if (polls[0].revents != 0) return;
      // By place: connections that are new have none among these.
      auto at = polls.begin() + 3;
      for (auto& connection : connections_) {
        connection.handle({at[0], at[1]});
        at += 2;
      }
      if (polls[1].revents != 0) pass_answers();
      if (polls[2].revents != 0) accept_one();
      end_late_ones();
      connections_.remove_if([](const ProxyConnection& connection) { return connection.is_over(); });
    }
  }

  [[nodiscard]] bool accepts() const { return connections_.size() < max_connections && Clock::now() >= accept_again_; }

  [[nodiscard]] std::vector<pollfd> polls_of_all() const {
    std::vector<pollfd> out = {
        {quit_.get(), POLLIN, 0}, {lookups_.fd(), POLLIN, 0}, {accepts() ? listening_.get() : -1, POLLIN, 0}};
    for (const auto& connection : connections_) {
      for (const auto& poll : connection.polls()) out.push_back(poll);
    }
    return out;
  }

  [[nodiscard]] Clock::time_point next_deadline() const {
    auto out = accept_again_ > Clock::now() ? accept_again_ : Clock::time_point::max();
    for (const auto& connection : connections_) out = std::min(out, connection.deadline());
    return out;
  }

  void accept_one() {
    Fd client(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (client) {
      connections_.emplace_back(next_ticket_++, std::move(client), services_);
      return;
    }
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return;
    log::warn("net: the proxy can't accept a connection: error {}", errno);
    accept_again_ = Clock::now() + accept_pause;
  }

  void pass_answers() {
    for (auto& answer : lookups_.take()) {
      const auto waiting = std::ranges::find(connections_, answer.ticket, &ProxyConnection::ticket);
      if (waiting != connections_.end()) waiting->resolved(std::move(answer.addresses));
    }
  }

  void end_late_ones() {
    const auto now = Clock::now();
    for (auto& connection : connections_) {
      if (!connection.is_over() && connection.deadline() <= now) connection.deadline_passed();
    }
  }

  Fd listening_;
  Fd quit_;
  Lookups lookups_;
  Options options_;
  ProxyServices services_{options_.rules, options_.on_decision, lookups_};
  std::list<ProxyConnection> connections_;
  std::uint64_t next_ticket_ = 1;
  Clock::time_point accept_again_{};
  std::thread thread_;
};

Proxy::Proxy(std::unique_ptr<Server> server) : server_(std::move(server)) {}

Proxy::~Proxy() = default;

Result<std::unique_ptr<Proxy>> Proxy::start(Fd listening, Options options) {
  Fd quit(::eventfd(0, EFD_CLOEXEC));
  if (!quit) return fail_errno(ErrorKind::failure, "can't make an event descriptor", errno);
  // A client that is gone again by the time it is accepted must not hold up the others.
  const int flags = ::fcntl(listening.get(), F_GETFL);
  if (flags < 0 || ::fcntl(listening.get(), F_SETFL, flags | O_NONBLOCK) != 0) {
    return fail_errno(ErrorKind::failure, "can't serve on the socket", errno);
  }
  ERRAND_TRY_ASSIGN(auto lookups, Lookups::make(options.look_up, max_lookups));
  auto server = std::make_unique<Server>(std::move(listening), std::move(quit), std::move(lookups), std::move(options));
  ERRAND_TRY(server->start());
  return std::unique_ptr<Proxy>(new Proxy(std::move(server)));
}

}  // namespace errand::net
