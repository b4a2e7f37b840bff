#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace errand::tool {

enum class Occurrences { one, all };

struct Replacement {
  std::string old_text;
  std::string new_text;
  Occurrences occurrences = Occurrences::one;
};

/// Applies the replacements in order, each to what the one before left. All or nothing.
///
/// The match is exact, by bytes, with one exception: in a text whose line ends are "\r\n", a '\n' of old_text and
/// new_text stands for that. Fails with `failure` when old_text is empty, equals new_text, is not there (with the
/// nearest text and what differs) or is there more than once while one is wanted (with the lines); the message begins
/// with "edit 2 of 3: " when there are several.
Result<std::string> apply_replacements(std::string text, std::span<const Replacement> replacements);

}  // namespace errand::tool
