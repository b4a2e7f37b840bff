#include "render/markdown.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "base/unicode.hpp"

namespace errand::render {

namespace {

// A line is given on in pieces of this size, so that a paragraph on one line is not kept whole.
constexpr std::size_t max_line_bytes = 2048;
// As far back a blank is looked for.
constexpr std::size_t max_word_bytes = 512;

// The beginning of a line that could become anything: a bullet, a rule, a fence, a number.
bool says_nothing_yet(std::string_view line) {
  return line.find_first_not_of(" \t\r-=*_+#>|:`~$.)(0123456789[]<\\") == std::string_view::npos;
}

std::string_view without_carriage_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

void Markdown::feed(std::string_view delta) {
  while (!delta.empty()) {
    const auto end = delta.find('\n');
    const auto room = max_line_bytes - line_.size();
    const auto taken = std::min(end, room);
    line_ += delta.substr(0, taken);
    if (taken < delta.size() && delta[taken] == '\n') {
      blocks_.add(unicode::sanitize(without_carriage_return(line_)));
      line_.clear();
      delta.remove_prefix(taken + 1);
      continue;
    }
    delta.remove_prefix(std::min(taken, delta.size()));
    if (line_.size() >= max_line_bytes) cut_long_line();
  }
}

void Markdown::cut_long_line() {
  const auto blank = line_.rfind(' ');
  if (blank != std::string::npos && blank + max_word_bytes > line_.size()) {
    blocks_.add(unicode::sanitize(std::string_view(line_).substr(0, blank)), Piece::at_blank);
    line_.erase(0, blank + 1);
    return;
  }
  // A character of four bytes that is not whole stays.
  const auto border = std::max(unicode::char_border_before(line_, line_.size() - 1), line_.size() - 4);
  blocks_.add(unicode::sanitize(std::string_view(line_).substr(0, border)), Piece::inside);
  line_.erase(0, border);
}

void Markdown::finish() {
  if (!line_.empty()) blocks_.add(unicode::sanitize(without_carriage_return(line_)));
  line_.clear();
  blocks_.finish();
}

std::vector<std::string> Markdown::tail() const {
  auto copy = blocks_;
  copy.take();
  unicode::StreamSanitizer sanitizer;  // holds back what is not whole
  if (!says_nothing_yet(line_)) copy.add(sanitizer.feed(line_), Piece::inside);
  copy.finish_for_now();
  return copy.take();
}

}  // namespace errand::render
