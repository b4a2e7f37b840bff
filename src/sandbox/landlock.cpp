#include "sandbox/landlock.hpp"

#include <array>
#include <cerrno>
#include <cstdint>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/try.hpp"

namespace errand::sandbox {

namespace {

// As in the kernel's include/uapi/linux/landlock.h; the system's header may be older than the kernel.
struct RulesetAttributes {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;
  std::uint64_t scoped;
};
struct __attribute__((packed)) PathBeneath {
  std::uint64_t allowed_access;
  std::int32_t parent_fd;
};
constexpr unsigned create_ruleset_version = 1;
constexpr int rule_path_beneath = 1;

constexpr std::uint64_t execute = 1U << 0U;
constexpr std::uint64_t write_file = 1U << 1U;
constexpr std::uint64_t read_file = 1U << 2U;
constexpr std::uint64_t read_directory = 1U << 3U;
constexpr std::uint64_t truncate = 1U << 14U;
constexpr std::uint64_t ioctl_device = 1U << 15U;
constexpr std::uint64_t of_files = execute | write_file | read_file | truncate | ioctl_device;
constexpr std::uint64_t scope_abstract_socket = 1U << 0U;
constexpr std::uint64_t scope_signal = 1U << 1U;

// By ABI: the first has thirteen rights, then came renaming across directories, truncation and ioctls of devices.
std::uint64_t all_rights(int abi) {
  constexpr auto known = std::to_array<std::uint64_t>({0, 0x1fff, 0x3fff, 0x7fff, 0x7fff, 0xffff});
  return known[std::min<std::size_t>(static_cast<std::size_t>(abi), known.size() - 1)];
}

// Older kernels take a shorter structure.
std::size_t attributes_size(int abi) {
  if (abi >= 6) return sizeof(RulesetAttributes);
  return abi >= 4 ? sizeof(std::uint64_t) * 2 : sizeof(std::uint64_t);
}

tl::unexpected<Error> failed(const char* what) {
  return fail_errno(ErrorKind::denied, std::string("Landlock: ") + what, errno);
}

Result<void> allow(int ruleset, const char* path, std::uint64_t rights) {
  const Fd parent(::open(path, O_PATH | O_CLOEXEC));
  struct stat info {};
  if (!parent || ::fstat(parent.get(), &info) != 0) return {};
  if (!S_ISDIR(info.st_mode)) rights &= of_files;
  const PathBeneath rule{rights, parent.get()};
  if (::syscall(SYS_landlock_add_rule, ruleset, rule_path_beneath, &rule, 0) != 0) return failed(path);
  return {};
}

}  // namespace

int landlock_abi() {
  const auto version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, create_ruleset_version);
  return version > 0 ? static_cast<int>(version) : 0;
}

Result<void> restrict_with_landlock(const std::vector<std::string>& writable, int abi) {
  if (abi <= 0) return {};
  const auto rights = all_rights(abi);
  const RulesetAttributes attributes{rights, 0, abi >= 6 ? scope_abstract_socket | scope_signal : 0};
  const Fd ruleset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, attributes_size(abi), 0)));
  if (!ruleset) return failed("no ruleset");
  ERRAND_TRY(allow(ruleset.get(), "/", rights & (execute | read_file | read_directory)));
  for (const auto& path : writable) ERRAND_TRY(allow(ruleset.get(), path.c_str(), rights));
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) return failed("can't restrict");
  return {};
}

}  // namespace errand::sandbox
