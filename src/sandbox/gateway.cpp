#include "sandbox/gateway.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <sys/socket.h>

#include "base/log.hpp"
#include "base/try.hpp"
#include "sandbox/descriptors.hpp"

namespace errand::sandbox {

Result<std::unique_ptr<Gateway>> Gateway::open(const std::vector<std::string>& allowed_domains, OnContact on_contact) {
  auto out = std::unique_ptr<Gateway>(new Gateway);
  ERRAND_TRY_ASSIGN(out->rules_, net::HostRules::make(net::Reach::listed, allowed_domains));
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail_errno(ErrorKind::failure, "can't make a pair of sockets", errno);
  }
  out->inner_ = Fd(ends[0]);
  out->outer_ = Fd(ends[1]);
  out->on_contact_ = std::move(on_contact);
  return out;
}

Reaction Gateway::serve() {
  auto listening = receive_descriptor(outer_.get());
  if (!listening) return Reaction::stop_watching;
  net::Proxy::Options options{.rules = rules_, .on_decision = {}};
  if (on_contact_) {
    options.on_decision = [this](const net::HostPort& wanted, const std::string& refusal) {
      on_contact_({wanted.host.name, wanted.port, refusal});
    };
  }
  auto proxy = net::Proxy::start(std::move(listening), std::move(options));
  if (!proxy) {
    log::warn("sandbox: no proxy, so the command is ended: {}", proxy.error().message);
    return Reaction::end_program;
  }
  proxy_ = *std::move(proxy);
  return Reaction::stop_watching;
}

}  // namespace errand::sandbox
