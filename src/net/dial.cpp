#include "net/dial.hpp"

#include <array>
#include <cerrno>
#include <functional>
#include <stop_token>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/try.hpp"

namespace errand::net {

namespace {

// Waits on a descriptor, and ends with the call.
class Waiter {
 public:
  static Result<Fd> make_stop_fd() {
    Fd stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!stop) return fail_errno(ErrorKind::failure, "can't make an event descriptor", errno);
    return stop;
  }

  Waiter(const Fd& stop, const Call& call)
      : stop_(stop), call_(call), on_stop_(call.stop, [fd = stop.get()] { ::eventfd_write(fd, 1); }) {}

  Result<void> wait_for(int fd) const {
    while (true) {
      ERRAND_TRY(call_.check());
      std::array<pollfd, 2> polls = {pollfd{fd, POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
      const int count = ::poll(polls.data(), polls.size(), call_.poll_timeout_ms());
      if (count < 0 && errno != EINTR) return fail_errno(ErrorKind::failure, "can't wait for a name", errno);
      if (count > 0 && polls[0].revents != 0) return {};
    }
  }

 private:
  const Fd& stop_;
  const Call& call_;
  std::stop_callback<std::function<void()>> on_stop_;
};

Result<std::vector<Address>> find(const HostPort& wanted, const LookUp& how, const Call& call) {
  ERRAND_TRY_ASSIGN(const Fd stop, Waiter::make_stop_fd());
  const Waiter waiter(stop, call);
  ERRAND_TRY_ASSIGN(auto lookups, Lookups::make(how, 1));
  lookups.start(0, wanted.host);
  ERRAND_TRY(waiter.wait_for(lookups.fd()));
  return std::move(lookups.take().front().addresses);
}

}  // namespace

Result<Fd> begin_connect(const Address& address, std::uint16_t port) {
  Fd socket(::socket(address.is_v6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return fail_errno(ErrorKind::unavailable, "can't make a socket", errno);
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // without it all goes on, only slower
  const auto to = address.socket_address(port);
  const auto size = static_cast<socklen_t>(address.is_v6() ? sizeof(sockaddr_in6) : sizeof(sockaddr_in));
  const int code = ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), size);
  if (code == 0 || errno == EINPROGRESS) return socket;
  return fail_errno(ErrorKind::unavailable, fmt::format("can't connect to {}", address.text()), errno);
}

int connect_error(int fd) {
  int error_number = 0;
  socklen_t size = sizeof error_number;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error_number, &size) != 0) return errno;
  return error_number;
}

Result<std::vector<Address>> admit(const HostPort& wanted, const HostRules& rules, const LookUp& look_up,
                                   const OnDecision& on_decision, const Call& call) {
  const auto decide = [&](const std::string& refusal) -> Result<void> {
    if (on_decision) on_decision(wanted, refusal);
    if (refusal.empty()) return {};
    return fail(ErrorKind::denied, refusal);
  };
  ERRAND_TRY(call.check());
  if (auto refusal = rules.refusal_of(wanted); !refusal.empty()) ERRAND_TRY(decide(refusal));
  ERRAND_TRY_ASSIGN(auto addresses, find(wanted, look_up, call));
  ERRAND_TRY(decide(rules.refusal_of(wanted, addresses)));
  if (addresses.empty()) return fail(ErrorKind::unavailable, fmt::format("{} has no address", wanted.host.name));
  return addresses;
}

}  // namespace errand::net
