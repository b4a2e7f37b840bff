#pragma once

#include <string>
#include <vector>

namespace errand::cli {

/// A word of a prompt that begins with '@', and what is there: `@path`, `@"path with blanks"`.
struct AtWord {
  enum class Names { file, directory, nothing };
  Names names = Names::nothing;
  std::string written;  ///< with its '@'
  std::string path;     ///< "~/" is the home directory
};

/// Each path once, in order. A word that names nothing is among them where it looks like a path: it holds a '/', has an
/// ending or stands in quotes.
std::vector<AtWord> at_words(const std::string& text);

/// "~/" is the home directory.
std::string with_home(std::string path);

/// What a person is told of them before they are sent: which go along, and which are sent as they are written.
std::vector<std::string> told_of(const std::vector<AtWord>& words);

}  // namespace errand::cli
