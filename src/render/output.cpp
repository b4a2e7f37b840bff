#include "render/output.hpp"

#include <cerrno>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace errand::render {

namespace {

// A terminal or pipe that someone set to not block is waited for, as if it were not.
void wait_until_writable(int fd) {
  pollfd waiting{fd, POLLOUT, 0};
  while (::poll(&waiting, 1, -1) < 0 && errno == EINTR) {
  }
}

}  // namespace

Output::Output(int fd, std::function<void()> on_failure) : fd_(fd), on_failure_(std::move(on_failure)) {}

void Output::put(std::string_view bytes) {
  if (failed()) return;
  held_ += bytes;
  if (held_.size() > max_held_bytes) flush();
}

void Output::flush() {
  std::string_view rest = held_;
  while (!rest.empty()) {
    const auto written = ::write(fd_, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      wait_until_writable(fd_);
    } else if (errno != EINTR) {
      fail_with(errno);
      break;
    }
  }
  held_.clear();
}

void Output::fail_with(int error_number) {
  if (error_number == EPIPE) {
    closed_ = true;
  } else {
    error_ = fail_errno(ErrorKind::failure, "can't write the answer", error_number).value();
  }
  if (on_failure_) on_failure_();
}

}  // namespace errand::render
