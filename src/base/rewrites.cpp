#include "base/rewrites.hpp"

#include <algorithm>
#include <utility>

namespace errand::text {

std::string RewrittenLines::feed(std::string_view piece) {
  std::string out;
  while (true) {
    const auto end = piece.find_first_of("\r\n");
    const auto part = piece.substr(0, end);
    if (!part.empty() && std::exchange(begins_again_, false)) line_.clear();
    line_ += part;
    if (end == std::string_view::npos) return out;
    begins_again_ = piece[end] == '\r';
    if (!begins_again_) out += std::exchange(line_, {}) + '\n';
    piece.remove_prefix(end + 1);
  }
}

std::string RewrittenLines::finish() {
  begins_again_ = false;
  return std::exchange(line_, {});
}

std::string last_rewrites(std::string_view text) {
  if (text.find('\r') == std::string_view::npos) return std::string(text);
  RewrittenLines lines;
  const auto whole = lines.feed(text);
  return whole + lines.finish();
}

}  // namespace errand::text

namespace errand::unicode {

std::string RewritesSanitizer::feed(std::string_view piece) {
  std::string out;
  while (!piece.empty()) {
    const auto part = piece.substr(0, piece.find('\r'));
    if (!part.empty()) {
      if (std::exchange(begins_again_, false) && part.front() != '\n') out += '\r';
      out += sanitizer_.feed(part);
    }
    if (part.size() == piece.size()) return out;
    out += sanitizer_.finish();
    begins_again_ = true;
    piece.remove_prefix(part.size() + 1);
  }
  return out;
}

std::string RewritesSanitizer::finish() {
  begins_again_ = false;
  return sanitizer_.finish();
}

}  // namespace errand::unicode
