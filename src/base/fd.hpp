#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/error.hpp"

namespace errand {

/// Owns one file descriptor; closes it when it goes.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~Fd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  explicit operator bool() const { return valid(); }
  int release() { return std::exchange(fd_, -1); }
  void reset();

 private:
  int fd_ = -1;
};

struct Pipe {
  Fd read_end;
  Fd write_end;
};

/// A close-on-exec pipe.
Result<Pipe> make_pipe();

/// Another descriptor for the same file, close-on-exec.
Result<Fd> duplicate(int fd);

/// Writes all of `bytes`, also over short writes and EINTR. EPIPE comes back as an error, never as a signal's death
/// (main ignores SIGPIPE).
Result<void> write_all(int fd, std::string_view bytes);

/// Reads to end of file, at most `max_bytes`; more than that is ErrorKind::limit.
Result<std::string> read_all(int fd, std::size_t max_bytes);

/// An anonymous in-memory file that holds `content`, rewound to its start, close-on-exec.
Result<Fd> memory_file(std::string_view content);

}  // namespace errand
