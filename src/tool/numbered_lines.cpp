#include "tool/numbered_lines.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/unicode.hpp"

namespace errand::tool {

namespace {

// No more of a line has to be kept to show its characters, even if each has four bytes; one more for a '\r'.
constexpr std::size_t max_line_bytes = NumberedLines::max_line_characters * 4 + 1;

// The bytes that the first `characters` characters take.
std::size_t bytes_of_characters(std::string_view s, std::size_t characters) {
  std::size_t i = 0;
  for (; i < s.size(); ++i) {
    if (unicode::is_continuation(s[i])) continue;
    if (characters-- == 0) break;
  }
  return i;
}

}  // namespace

void NumberedLines::feed(std::string_view piece) {
  while (!piece.empty()) {
    const auto newline = piece.find('\n');
    const auto part = piece.substr(0, newline);
    if (in_window()) line_ += part.substr(0, max_line_bytes - std::min(max_line_bytes, line_.size()));
    line_bytes_ += part.size();
    if (newline == std::string_view::npos) return;
    end_line();
    line_bytes_ = 0;
    line_.clear();
    piece.remove_prefix(newline + 1);
  }
}

void NumberedLines::finish() {
  if (line_bytes_ > 0) end_line();
}

void NumberedLines::end_line() {
  const bool wanted = in_window();
  ++seen_;
  if (!wanted) return;
  std::string_view line = line_;
  if (line_bytes_ == line.size() && line.ends_with('\r')) {
    line.remove_suffix(1);
    --line_bytes_;
  }
  const auto shown = line.substr(0, bytes_of_characters(line, max_line_characters));
  auto entry = fmt::format("{:6}\t{}", seen_, unicode::sanitize(shown));
  if (shown.size() < line_bytes_) entry += fmt::format(" [… {} more bytes in this line]", line_bytes_ - shown.size());
  entry += '\n';
  if (kept_ > 0 && text_.size() + entry.size() > window_.max_bytes) {
    full_ = true;
    return;
  }
  text_ += entry;
  ++kept_;
  full_ = kept_ == window_.count;
}

}  // namespace errand::tool
