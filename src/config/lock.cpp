#include "config/lock.hpp"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include "base/file.hpp"
#include "base/try.hpp"

namespace errand::config {

Result<Fd> lock_directory(const std::string& directory) {
  ERRAND_TRY(make_directories(directory, 0700));
  Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_errno(ErrorKind::config, fmt::format("can't open {}", directory), errno);
  while (::flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return fail_errno(ErrorKind::config, fmt::format("can't lock {}", directory), errno);
  }
  return fd;
}

}  // namespace errand::config
