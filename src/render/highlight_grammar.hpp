#pragma once

#include <span>
#include <string_view>

namespace errand::render {

struct Delimited {
  std::string_view begin;
  std::string_view end;
};

enum class Kind {
  code,
  diff,  ///< by a line's first character
  keys,  ///< code in which a word before ':' is a key: YAML
};

/// What a language's text is made of.
struct Grammar {
  Kind kind = Kind::code;
  std::span<const std::string_view> names;     ///< after a fence, lower case
  std::span<const std::string_view> keywords;  ///< sorted
  std::span<const std::string_view> line_comments;
  Delimited block_comment;                  ///< empty: none
  std::span<const Delimited> long_strings;  ///< that go over lines
  std::string_view quotes;                  ///< characters that open a string which ends on its line
  std::string_view word_characters;         ///< beside letters, digits and '_'
  bool ignores_case = false;                ///< of keywords
};

/// Null for an unknown name.
const Grammar* grammar_of(std::string_view name);

}  // namespace errand::render
