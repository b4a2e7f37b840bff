#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace errand::store {

/// One thing that can be searched for in a text.
struct SearchToken {
  enum class Kind {
    word,  ///< letters and digits that stand together, a symbol: "parser", "utf8", "🎉"
    name,  ///< the word before it with the signs that make it a name: "c++", "c#"
    part,  ///< of the word before it, by its capitals: "json" of "parseJson"
    pair,  ///< two neighbours in a script without blanks: "日本" and "本語" of "日本語"
    last,  ///< the last character of such a run
  };
  enum class Place {
    next,  ///< one further than the token before
    same,  ///< where the token before stands
  };

  std::string_view text;  ///< folded; borrowed for the call
  std::size_t begin = 0;  ///< what it was made of: bytes [begin, end) of the text
  std::size_t end = 0;
  Kind kind = Kind::word;
  Place place = Place::next;
};

/// Longest token, in bytes; a longer word is found by as much of its beginning.
inline constexpr std::size_t max_token_bytes = 64;

/// Takes `text` apart, in order. Whatever is neither letter, digit, mark nor symbol separates, but "++" and '#' that
/// end a short word: "C++" is found by "c" and by "c++". A change of this changes what is in every index: it needs a
/// migration that makes them anew.
///
/// - Words lose case and diacritics (letters::append_folded).
/// - "parse_json_value" and "src/store/open.cpp" are words in a row, found as phrases.
/// - "parseJsonValue" is one word, and its parts stand where it stands; "HTTPServer" has the parts "http" and "server".
///   Words of more than max_token_bytes or eight parts (encoded bytes, mostly) have none.
/// - A run of a script without blanks becomes its pairs, and its last character where the last pair stands: a text of
///   two characters or more is found by its pairs in a row, one of a single character as the beginning of a token.
///
/// Reads any bytes. Stops early when `take` says false.
void for_each_token(std::string_view text, const std::function<bool(const SearchToken&)>& take);

}  // namespace errand::store
