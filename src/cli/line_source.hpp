#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace errand::cli {

/// Lines one after another, of which it holds one. Not thread-safe.
class LineSource {
 public:
  LineSource() = default;
  LineSource(const LineSource&) = delete;
  LineSource& operator=(const LineSource&) = delete;
  virtual ~LineSource() = default;

  /// The next line without its end, until it is asked again; nullopt behind the last one. `limit`: it is too long and
  /// was passed over, those behind it can be read. `failure`: there is no reading on.
  virtual Result<std::optional<std::string_view>> next() = 0;
};

/// Those of a text, which must outlive it.
class TextLines final : public LineSource {
 public:
  TextLines(std::string_view text, std::size_t max_line_bytes) : rest_(text), max_(max_line_bytes) {}
  Result<std::optional<std::string_view>> next() override;

 private:
  std::string_view rest_;
  std::size_t max_;
};

/// Those of a file, a pipe or whatever `fd` is; borrows it.
class FdLines final : public LineSource {
 public:
  FdLines(int fd, std::size_t max_line_bytes) : fd_(fd), max_(max_line_bytes) {}
  Result<std::optional<std::string_view>> next() override;

 private:
  Result<bool> fill();

  int fd_;
  std::size_t max_;
  std::string chunk_;
  std::size_t at_ = 0;  ///< how much of the chunk was given
  std::string line_;
};

}  // namespace errand::cli
