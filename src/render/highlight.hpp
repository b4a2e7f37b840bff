#pragma once

#include <cstdint>
#include <string_view>

#include "render/line.hpp"

namespace errand::render {

struct Grammar;

/// Colours code line by line; what a line leaves open (a block comment, a long string) is kept for the next one. A
/// value: a copy goes on from the same place. It knows words, strings, comments and numbers, no syntax: wrong code is
/// coloured like right code, and nothing fails.
class Highlighter {
 public:
  /// `language` as it stands after a fence ("cpp", "js title=x"); an unknown one leaves the text as it is.
  explicit Highlighter(std::string_view language = {});

  /// One harmless line without its end; the text of all runs together is the line.
  Line line(std::string_view text);

 private:
  const Grammar* grammar_;
  std::uint8_t open_ = 0;  ///< 0: nothing; 1: a block comment; 2…: a long string, by its place in the grammar
};

}  // namespace errand::render
