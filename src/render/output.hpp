#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace errand::render {

/// A file descriptor that results are written to. It may be a pipe whose reader has gone, a full disk, or set to not
/// block: the first failure is kept and nothing is written after it. One thread at a time; the descriptor is borrowed.
class Output {
 public:
  /// `on_failure` is called once, from within a write, so that the run can be stopped.
  explicit Output(int fd, std::function<void()> on_failure = {});

  /// Keeps `bytes`; written by flush(), or once more than `max_held_bytes` wait.
  void put(std::string_view bytes);
  void flush();
  [[nodiscard]] bool holds() const { return !held_.empty(); }

  /// The reader has gone (EPIPE): exit 141, without a word.
  [[nodiscard]] bool closed() const { return closed_; }
  /// Any other failure: `failure`, with what to do when the disk is full.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] bool failed() const { return closed_ || error_.has_value(); }

 private:
  static constexpr std::size_t max_held_bytes = std::size_t{64} << 10U;

  void fail_with(int error_number);

  int fd_;
  std::function<void()> on_failure_;
  std::string held_;
  bool closed_ = false;
  std::optional<Error> error_;
};

}  // namespace errand::render
