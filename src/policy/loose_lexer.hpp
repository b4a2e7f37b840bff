#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace errand::policy {

/// A word of a command line that the strict parser gave up on, without its quotes.
struct LooseWord {
  std::string text;
  bool literal = true;  ///< false: an expansion, glob or brace makes it something else when it runs
  bool masked = false;  ///< holds a '$' or '`' that quotes keep from being expanded here
};

/// The words between two operators, redirections left out.
using LooseSegment = std::vector<LooseWord>;

struct LooseLine {
  std::vector<LooseSegment> segments;  ///< those of substitutions and groups among them
  bool certain = true;                 ///< false: unbalanced, or it holds what may hide commands
};

/// Cuts a line where bash would start another command, inside substitutions too. Not a parser: it takes the bodies of
/// here-documents, case patterns and arithmetic for commands as well.
LooseLine cut_loosely(std::string_view line);

/// Every run of word characters, once with quotes and backslashes taken away and once with them as borders; an empty
/// word stands between the two.
std::vector<std::string> loose_words(std::string_view text);

}  // namespace errand::policy
