#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace errand::unicode {

// What a person takes for one character: a letter with its accents, a flag, a family of emoji (UAX #29). A byte that is
// not UTF-8 is one by itself. Positions are bytes.

/// Where the grapheme that begins at `at` ends; the size of `s` at its end.
[[nodiscard]] std::size_t next_grapheme(std::string_view s, std::size_t at);

/// Where the grapheme that ends at `at` begins; 0 at the beginning.
[[nodiscard]] std::size_t previous_grapheme(std::string_view s, std::size_t at);

struct Cluster {
  std::size_t bytes = 0;
  std::size_t columns = 0;  ///< as width() counts them
};

/// The first grapheme of `text`, which is not empty, for laying out text from elsewhere: cut after 64 bytes, as no
/// letter needs so many marks.
[[nodiscard]] Cluster first_cluster(std::string_view text);

/// Terminal columns of one grapheme: an emoji of several parts takes two.
[[nodiscard]] std::size_t grapheme_width(std::string_view grapheme);

/// What motions by words tell apart, by the first character of `s`.
enum class Category { space, word, other };
[[nodiscard]] Category category_of(std::string_view s);

enum class LetterCase { upper, lower, title };

/// The text with all letters in another case; with `title` the first letter is upper and the rest lower.
[[nodiscard]] std::string in_case(std::string_view s, LetterCase wanted);

}  // namespace errand::unicode
