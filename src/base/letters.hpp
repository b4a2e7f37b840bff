#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace errand::letters {

/// What a character is to someone who looks for words.
enum class Kind {
  separator,  ///< white space, punctuation, control and format characters, bytes that are no UTF-8, U+FFFD
  lower,      ///< letters without case too
  upper,
  digit,     ///< any number: "²", "٣"
  mark,      ///< combines with the letter before it
  unspaced,  ///< of a script that puts no blanks between words: Han, kana, Hangul, Thai, Lao, Khmer, Burmese, Tibetan
  symbol,    ///< a picture that stands for itself: emoji, arrows; not "+" and "$"
};

struct Character {
  char32_t code_point = 0;
  std::size_t bytes = 0;  ///< 1 for a byte that is no UTF-8
  Kind kind = Kind::separator;
};

/// The first character of `text`, which is not empty.
Character first_of(std::string_view text);

/// Appends `character` as it is compared: without case, compatibility forms resolved ("Ａ" is "a", "ﬁ" is "fi"), Latin,
/// Greek, Cyrillic, Hebrew and Arabic without their diacritics. May append nothing.
void append_folded(std::string& out, const Character& character);

}  // namespace errand::letters
