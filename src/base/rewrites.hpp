#pragma once

#include <string>
#include <string_view>

#include "base/unicode.hpp"

namespace errand::text {

/// Lines as a terminal shows them in the end when a '\r' in them begins them again (progress bars): what was written
/// last counts. A '\r' before a '\n' belongs to the line end. Keeps no more than one line.
class RewrittenLines {
 public:
  /// The next of the text; returns the lines that it ends, each with its '\n'.
  std::string feed(std::string_view piece);
  /// The line that was not ended.
  std::string finish();

 private:
  std::string line_;
  bool begins_again_ = false;
};

/// All of a text so.
std::string last_rewrites(std::string_view text);

}  // namespace errand::text

namespace errand::unicode {

/// A StreamSanitizer for what commands print: a '\r' that begins its line again is passed on, once of several.
class RewritesSanitizer {
 public:
  std::string feed(std::string_view piece);
  std::string finish();  ///< what was held back

 private:
  StreamSanitizer sanitizer_;
  bool begins_again_ = false;
};

}  // namespace errand::unicode
