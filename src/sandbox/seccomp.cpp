#include "sandbox/seccomp.hpp"

#include <array>
#include <cerrno>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/fd.hpp"
#include "base/try.hpp"

namespace errand::sandbox {

namespace {

// What no program of a project needs. Refused with EPERM, as if there were no permission.
constexpr auto refused = std::to_array<const char*>({
    // the session keyring crosses all namespaces
    "add_key",
    "keyctl",
    "request_key",
    // interfaces with a record of holes
    "bpf",
    "fanotify_init",
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
    "perf_event_open",
    "userfaultfd",
    // mounts and namespaces
    "chroot",
    "fsconfig",
    "fsmount",
    "fsopen",
    "fspick",
    "mount",
    "mount_setattr",
    "move_mount",
    "open_tree",
    "pivot_root",
    "setns",
    "umount",
    "umount2",
    "unshare",
    // other processes' memory and descriptors; ptrace stays, for debuggers
    "kcmp",
    "migrate_pages",
    "move_pages",
    "pidfd_getfd",
    "process_vm_readv",
    "process_vm_writev",
    // files by handle, past any directory
    "open_by_handle_at",
    // the machine
    "acct",
    "adjtimex",
    "clock_adjtime",
    "clock_settime",
    "create_module",
    "delete_module",
    "finit_module",
    "init_module",
    "ioperm",
    "iopl",
    "kexec_file_load",
    "kexec_load",
    "quotactl",
    "quotactl_fd",
    "reboot",
    "setdomainname",
    "sethostname",
    "settimeofday",
    "stime",
    "swapoff",
    "swapon",
    "syslog",
    "vhangup",
});

// Newer than libseccomp's tables; the numbers are the same on every architecture.
constexpr int nr_fchmodat2 = 452;
constexpr int nr_open_tree_attr = 467;

constexpr auto namespace_flags = std::to_array<unsigned>(
    {CLONE_NEWCGROUP, CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUSER, CLONE_NEWUTS});
constexpr unsigned tmpfile_flag = O_TMPFILE & ~static_cast<unsigned>(O_DIRECTORY);

using Comparisons = std::initializer_list<scmp_arg_cmp>;

scmp_arg_cmp has_bits(unsigned argument, std::uint64_t bits) {
  return {argument, SCMP_CMP_MASKED_EQ, bits, bits};
}

// The kernel looks at 32 bits of some arguments; what stands above must not hide them.
scmp_arg_cmp is_32_bit(unsigned argument, std::uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, 0xffffffffU, value};
}

class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ALLOW)) {}

  [[nodiscard]] scmp_filter_ctx get() const { return context_.get(); }
  [[nodiscard]] int failure() const { return failure_; }

  void refuse(int number, int error_number, Comparisons comparisons = {}) {
    if (failure_ != 0 || number == __NR_SCMP_ERROR) return;
    const int done = seccomp_rule_add_array(context_.get(), SCMP_ACT_ERRNO(static_cast<unsigned>(error_number)), number,
                                            static_cast<unsigned>(comparisons.size()), comparisons.begin());
    if (done != 0) failure_ = -done;
  }

  void refuse(const char* name, int error_number, Comparisons comparisons = {}) {
    refuse(seccomp_syscall_resolve_name(name), error_number, comparisons);
  }

 private:
  struct Release {
    void operator()(void* context) const { seccomp_release(context); }
  };
  std::unique_ptr<void, Release> context_;
  int failure_ = 0;
};

// A set-id file in a workspace of root's would be a way to become root, outside and later.
void refuse_set_id(Filter& filter, SetGroupId set_group_id) {
  for (const unsigned bit : {S_ISUID, S_ISGID}) {
    if (bit == S_ISGID && set_group_id == SetGroupId::allowed) continue;
    filter.refuse("chmod", EPERM, {has_bits(1, bit)});
    filter.refuse("fchmod", EPERM, {has_bits(1, bit)});
    filter.refuse("fchmodat", EPERM, {has_bits(2, bit)});
    filter.refuse(nr_fchmodat2, EPERM, {has_bits(2, bit)});
    filter.refuse("mknod", EPERM, {has_bits(1, bit)});
    filter.refuse("mknodat", EPERM, {has_bits(2, bit)});
    filter.refuse("creat", EPERM, {has_bits(1, bit)});
    // Without these flags the mode is whatever lay in the register.
    for (const unsigned flag : {static_cast<unsigned>(O_CREAT), tmpfile_flag}) {
      filter.refuse("open", EPERM, {has_bits(1, flag), has_bits(2, bit)});
      filter.refuse("openat", EPERM, {has_bits(2, flag), has_bits(3, bit)});
    }
  }
  // Its mode lies in memory, out of a filter's sight; everybody falls back to openat.
  filter.refuse("openat2", ENOSYS);
}

void refuse_namespaces(Filter& filter) {
  for (const unsigned flag : namespace_flags) filter.refuse("clone", EPERM, {has_bits(0, flag)});
  filter.refuse("clone3", ENOSYS);  // as openat2
}

void refuse_sockets(Filter& filter) {
  for (int family = 0; family < AF_NETLINK; ++family) {
    if (family == AF_UNIX || family == AF_INET || family == AF_INET6) continue;
    filter.refuse("socket", EAFNOSUPPORT, {is_32_bit(0, static_cast<std::uint64_t>(family))});
  }
  filter.refuse("socket", EAFNOSUPPORT, {{0, SCMP_CMP_GT, AF_NETLINK, 0}});
}

Result<std::string> export_program(const Filter& filter) {
  ERRAND_TRY_ASSIGN(const auto file, memory_file(""));
  const int done = seccomp_export_bpf(filter.get(), file.get());
  if (done != 0) return fail_errno(ErrorKind::denied, "can't write the system call filter", -done);
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return fail_errno(ErrorKind::denied, "can't read the filter", errno);
  constexpr std::size_t most_bytes = std::size_t{4096} * 8;  // BPF_MAXINSNS instructions
  return read_all(file.get(), most_bytes);
}

Result<std::string> make_filter(SetGroupId set_group_id) {
  Filter filter;
  if (filter.get() == nullptr) return fail(ErrorKind::denied, "libseccomp can't make a system call filter");
  seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  for (const char* name : refused) filter.refuse(name, EPERM);
  filter.refuse(nr_open_tree_attr, EPERM);
  refuse_set_id(filter, set_group_id);
  refuse_namespaces(filter);
  refuse_sockets(filter);
  for (const std::uint64_t request : {std::uint64_t{TIOCSTI}, std::uint64_t{TIOCLINUX}}) {
    filter.refuse("ioctl", EPERM, {is_32_bit(1, request)});
  }
  if (filter.failure() != 0) {
    return fail_errno(ErrorKind::denied, "libseccomp can't make the system call filter", filter.failure());
  }
  return export_program(filter);
}

}  // namespace

Result<std::string> system_call_filter(SetGroupId set_group_id) {
  static std::mutex mutex;
  static std::array<std::optional<std::string>, 2> made;
  const std::lock_guard lock(mutex);
  auto& filter = made.at(set_group_id == SetGroupId::refused ? 0 : 1);
  if (!filter) {
    ERRAND_TRY_ASSIGN(filter, make_filter(set_group_id));
  }
  return *filter;
}

}  // namespace errand::sandbox
