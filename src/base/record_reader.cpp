#include "base/record_reader.hpp"

#include <array>
#include <cerrno>

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/try.hpp"

namespace errand {

Result<void> wait_readable(int fd, const Call& call) {
  const Fd wake(::eventfd(0, EFD_CLOEXEC));
  if (!wake) return fail_errno(ErrorKind::failure, "can't make an eventfd", errno);
  const std::stop_callback on_stop(call.stop, [&] { ::eventfd_write(wake.get(), 1); });
  while (true) {
    ERRAND_TRY(call.check());
    std::array<pollfd, 2> fds = {pollfd{fd, POLLIN, 0}, pollfd{wake.get(), POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), call.poll_timeout_ms()) > 0 && fds[0].revents != 0) return {};
  }
}

Result<std::optional<std::string>> RecordReader::next(const Call& call) {
  std::size_t searched = 0;
  while (true) {
    if (const auto at = buffer_.find(delimiter_, searched); at != std::string::npos) {
      auto record = buffer_.substr(0, at);
      buffer_.erase(0, at + delimiter_.size());
      return record;
    }
    searched = buffer_.size() < delimiter_.size() ? 0 : buffer_.size() - delimiter_.size() + 1;
    if (buffer_.size() > max_) return fail(ErrorKind::limit, fmt::format("an input record exceeds {} bytes", max_));
    ERRAND_TRY_ASSIGN(const bool more, fill(call));
    if (more) continue;
    if (buffer_.empty()) return std::nullopt;
    return std::exchange(buffer_, {});
  }
}

// Returns false at end of input.
Result<bool> RecordReader::fill(const Call& call) {
  if (at_end_) return false;
  std::array<char, 65536> bytes{};
  while (true) {
    ERRAND_TRY(wait_readable(fd_, call));
    const auto got = ::read(fd_, bytes.data(), bytes.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return fail_errno(ErrorKind::failure, "can't read the input", errno);
    at_end_ = got == 0;
    buffer_.append(bytes.data(), static_cast<std::size_t>(got));
    return !at_end_;
  }
}

}  // namespace errand
