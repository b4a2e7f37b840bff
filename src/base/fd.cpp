#include "base/fd.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/try.hpp"

namespace errand {

void Fd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno(ErrorKind::failure, "can't make a pipe", errno);
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

Result<Fd> duplicate(int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) return fail_errno(ErrorKind::failure, "can't duplicate a file descriptor", errno);
  return Fd(copy);
}

Result<void> write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(ErrorKind::failure, "can't write", errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<std::string> read_all(int fd, std::size_t max_bytes) {
  std::string out;
  std::array<char, 65536> buffer{};
  while (true) {
    const auto got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(ErrorKind::failure, "can't read", errno);
    if (got == 0) return out;
    out.append(buffer.data(), static_cast<std::size_t>(got));
    if (out.size() > max_bytes) return fail(ErrorKind::limit, fmt::format("more than {} bytes", max_bytes));
  }
}

Result<Fd> memory_file(std::string_view content) {
  Fd file(::memfd_create("errand", MFD_CLOEXEC));
  if (!file) return fail_errno(ErrorKind::failure, "can't make a memory file", errno);
  ERRAND_TRY(write_all(file.get(), content));
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return fail_errno(ErrorKind::failure, "can't rewind a memory file", errno);
  return file;
}

}  // namespace errand
