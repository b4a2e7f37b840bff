#include "sandbox/beneath.hpp"

#include <array>
#include <cerrno>
#include <climits>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace errand::sandbox {

namespace {

Fd call_openat2(int root, const char* relative, int flags) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS;
  return Fd(static_cast<int>(::syscall(SYS_openat2, root, relative, &how, sizeof how)));
}

bool is_link(int directory, const char* name) {
  struct stat info {};
  return ::fstatat(directory, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode);
}

// O_NOFOLLOW alone opens a link as itself when O_PATH is given, and calls it no directory when O_DIRECTORY is.
Fd open_component(int directory, const std::string& name, int flags) {
  Fd fd(::openat(directory, name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  const int why = errno;
  const bool link =
      fd ? ::fstat(fd.get(), &info) == 0 && S_ISLNK(info.st_mode) : why == ENOTDIR && is_link(directory, name.c_str());
  if (!link) {
    errno = why;
    return fd;
  }
  errno = ELOOP;
  return {};
}

Fd walk_components(int root, std::string_view relative, int flags) {
  Fd directory(::openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  while (directory) {
    const auto slash = relative.find('/');
    const std::string name(relative.substr(0, slash));
    if (name == "..") {
      errno = EXDEV;
      return {};
    }
    if (slash == std::string_view::npos) return open_component(directory.get(), name, flags);
    directory = open_component(directory.get(), name, O_PATH);
    relative.remove_prefix(slash + 1);
  }
  return {};
}

}  // namespace

Fd open_beneath(int root, const std::string& relative, int flags, Walk walk) {
  const std::string wanted = relative.empty() ? "." : relative;
  if (walk == Walk::openat2) {
    auto fd = call_openat2(root, wanted.c_str(), flags);
    if (fd || (errno != ENOSYS && errno != EPERM)) return fd;
  }
  return walk_components(root, wanted, flags);
}

std::string path_of(int fd) {
  std::array<char, PATH_MAX> buffer{};
  const auto size = ::readlink(fmt::format("/proc/self/fd/{}", fd).c_str(), buffer.data(), buffer.size());
  if (size <= 0 || static_cast<std::size_t>(size) >= buffer.size()) return {};
  return {buffer.data(), static_cast<std::size_t>(size)};
}

}  // namespace errand::sandbox
