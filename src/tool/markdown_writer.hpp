#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace errand::tool {

/// Puts words and blocks together as Markdown: white space collapsed, blocks apart, each line behind the prefix of what
/// it stands in.
class MarkdownWriter {
 public:
  void text(std::string_view words);      ///< white space at its ends counts
  void token(std::string_view piece);     ///< as it is, as one word
  void line_break();                      ///< what follows stands on a new line …
  void block_break();                     ///< … or behind an empty one
  void tighten();                         ///< takes the empty line back
  void verbatim(std::string_view lines);  ///< lines as they are, behind the prefix

  /// What lines stand behind from the next one on: `first` that one, `others` those after it. Nests; ended by leave()
  /// with what enter() returned.
  struct Place {
    std::string prefix;
    bool marked = false;
  };
  [[nodiscard]] Place enter(std::string_view first, std::string_view others);
  void leave(Place place);

  [[nodiscard]] std::string finish();  ///< ends in one '\n' unless empty

 private:
  enum class Break { none, line, block };
  void begin_line();

  std::string out_;
  std::string prefix_;
  std::string first_prefix_;
  std::string break_prefix_;  ///< of the empty line, when one is pending
  bool marked_ = false;       ///< first_prefix_ is for the next line
  Break pending_ = Break::none;
  bool at_line_start_ = true;
  bool space_ = false;
};

}  // namespace errand::tool
