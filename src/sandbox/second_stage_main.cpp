// The second stage: a program of its own, static and small, because each command in a sandbox begins with its start. It
// lies in errand as it was linked, see second_stage.hpp.
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/try.hpp"
#include "sandbox/descriptors.hpp"
#include "sandbox/inner.hpp"
#include "sandbox/landlock.hpp"

namespace errand::sandbox {

namespace {

constexpr int exit_not_confined = 125;
constexpr int exit_not_found = 127;
constexpr std::size_t most_order_bytes = 1U << 20U;
constexpr int proxy_backlog = 64;

tl::unexpected<Error> failed(const char* what) {
  return fail_errno(ErrorKind::denied, what, errno);
}

Result<void> set_limits(const std::vector<ResourceLimit>& limits) {
  return std::ranges::all_of(limits, set_limit) ? Result<void>{} : failed("can't set a resource limit");
}

// A keyring of its own instead of the user's, which no namespace hides. A kernel without keys has none to hide.
Result<void> leave_keyring() {
  if (::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr) >= 0 || errno == ENOSYS) return {};
  // Where keyctl itself is filtered (a container's default) the command can't use it either.
  return errno == EPERM ? Result<void>{} : failed("can't leave the session keyring");
}

Result<void> drop_capabilities() {
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
    // Without CAP_SETPCAP the bounding set stays; no_new_privs makes it mean nothing.
    if (::prctl(PR_CAPBSET_DROP, capability) != 0 && errno != EPERM) return failed("can't drop a capability");
  }
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return failed("can't clear capabilities");
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> none{};
  if (::syscall(SYS_capset, &header, none.data()) != 0) return failed("can't drop capabilities");
  return {};
}

// The socket lives in the sandbox's network and is served from outside of it: nothing of the host's is reachable from
// inside but what the proxy connects.
Result<Fd> listen_for_proxy() {
  Fd listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!listening) return failed("can't make the proxy's socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(proxy_port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listening.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listening.get(), proxy_backlog) != 0) {
    return failed("can't listen for the proxy");
  }
  return listening;
}

Result<void> offer_proxy(int through) {
  if (through < 0) return {};
  ERRAND_TRY_ASSIGN(const auto listening, listen_for_proxy());
  return send_descriptor(through, listening.get()) ? Result<void>{} : failed("can't hand out the proxy's socket");
}

Result<void> filter_system_calls(const std::string& program) {
  std::vector<sock_filter> instructions(program.size() / sizeof(sock_filter));
  if (instructions.empty()) return fail(ErrorKind::denied, "the system call filter is empty");
  std::memcpy(instructions.data(), program.data(), instructions.size() * sizeof(sock_filter));
  const sock_fprog whole{static_cast<unsigned short>(instructions.size()), instructions.data()};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole) != 0) return failed("can't filter system calls");
  return {};
}

Result<void> confine(const InnerOrders& orders, int abi) {
  ERRAND_TRY_ASSIGN(const auto filter, read_all(orders.filter_fd, most_order_bytes));
  ERRAND_TRY(offer_proxy(orders.proxy_fd));
  ERRAND_TRY(set_limits(orders.limits));
  ERRAND_TRY(leave_keyring());
  if (::syscall(SYS_close_range, 3U, ~0U, 1U << 2U) != 0) return failed("can't mark descriptors");  // CLOEXEC
  ERRAND_TRY(drop_capabilities());
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("can't give up privileges");
  ERRAND_TRY(restrict_with_landlock(orders.writable, abi));
  return filter_system_calls(filter);
}

void say(int fd, std::string_view line) {
  // Nobody listens any more: then nobody runs the command either, for `ready` is missing.
  [[maybe_unused]] const auto heard = write_all(fd, line);
}

int become(char** argv, const InnerOrders& orders) {
  const int abi = landlock_abi();
  if (const auto confined = confine(orders, abi); !confined) {
    say(orders.report_fd, report_line("failure", confined.error().message));
    return exit_not_confined;
  }
  say(orders.report_fd, report_line("landlock", std::to_string(abi)) + report_line("ready", "1"));
  ::execvp(argv[0], argv);
  say(orders.report_fd, report_line("cannot_execute", std::to_string(errno)));
  return exit_not_found;
}

int run(int argc, char** argv) {
  constexpr int first_word = 3;
  if (argc <= first_word) return exit_not_confined;
  int orders_fd = -1;
  const std::string_view word = argv[1];
  std::from_chars(word.data(), word.data() + word.size(), orders_fd);
  const auto text = read_all(orders_fd, most_order_bytes);
  if (!text) return exit_not_confined;
  return become(argv + first_word, parse_orders(*text));
}

}  // namespace

}  // namespace errand::sandbox

/// Confines itself as ordered and becomes the command: rlimits, session keyring, capabilities, no_new_privs, Landlock,
/// system call filter, in that order. Ends by itself only when something failed. argv: its own name, the descriptor of
/// the orders, "--", the command.
int main(int argc, char** argv) {
  return errand::sandbox::run(argc, argv);
}
