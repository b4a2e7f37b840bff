#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace errand::tool {

/// A window of lines, numbered as `cat -n` does, from text that arrives in pieces: only the window is kept.
/// Lines end in '\n' or "\r\n". What is kept is sanitised; a long line is cut with a mark.
class NumberedLines {
 public:
  /// Characters kept of one line.
  static constexpr std::size_t max_line_characters = 2000;

  struct Window {
    std::uint64_t first = 1;  ///< counts from 1
    std::uint64_t count = 0;
    std::size_t max_bytes = 0;  ///< of text(); the window ends before the line that would exceed it
  };

  explicit NumberedLines(Window window) : window_(window) {}

  void feed(std::string_view piece);
  void finish();

  /// Whether no further line will be kept; feeding on only counts lines.
  [[nodiscard]] bool full() const { return full_; }

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::uint64_t kept() const { return kept_; }
  /// Lines seen so far; after finish(), of the whole text.
  [[nodiscard]] std::uint64_t seen() const { return seen_; }

 private:
  void end_line();
  [[nodiscard]] bool in_window() const { return !full_ && seen_ + 1 >= window_.first; }

  Window window_;
  std::string text_;
  std::string line_;              // the beginning of the line that is being read
  std::uint64_t line_bytes_ = 0;  // all of it
  std::uint64_t seen_ = 0;
  std::uint64_t kept_ = 0;
  bool full_ = false;
};

}  // namespace errand::tool
