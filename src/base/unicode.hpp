#pragma once

#include <string>
#include <string_view>

namespace errand::unicode {

/// Terminal columns of `s`, grapheme by grapheme (utf8proc); control characters count 0.
std::size_t width(std::string_view s);

/// The longest prefix of whole characters that takes at most `columns`.
std::string prefix_of_width(std::string_view s, std::size_t columns);

/// Whether `c` is a UTF-8 continuation byte.
constexpr bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// The largest index <= `at` that does not cut a character of `s`.
std::size_t char_border_before(std::string_view s, std::size_t at);

/// Adds `code_point` (at most U+10FFFF) in UTF-8. A lone surrogate is encoded like any other: who may have one asks
/// first.
void append_utf8(std::string& out, char32_t code_point);

[[nodiscard]] bool is_valid_utf8(std::string_view s);

/// `s` with every byte that is not valid UTF-8 replaced by U+FFFD.
std::string to_valid_utf8(std::string_view s);

/// Whether `code_point` is text for a terminal or a model: not C0/C1 (but \t and \n), not a bidi control, tag
/// character, zero-width or other invisible format character. ZWJ and variation selectors count as text only inside
/// emoji, which sanitize() decides.
[[nodiscard]] bool is_hostile(char32_t code_point);

/// Makes text from models, tools, files and the network harmless: bad bytes become U+FFFD; control sequences (CSI, OSC,
/// DCS …), bidi overrides, tag characters and zero-width runs are removed, each run replaced by one visible mark
/// "⟦…⟧" naming what it was. A single joiner between letters of a script that is written with them (Arabic, the Indic
/// ones) stays. "\r\n" becomes "\n"; a lone '\r' is removed as a control character is.
std::string sanitize(std::string_view s);

/// The part of it that concerns terminals, for text that goes to a pipe or file and may be shown later: escape
/// sequences and control characters become marks; everything else, invisible characters included, stays byte for byte.
/// Bad bytes stay too.
std::string without_controls(std::string_view s);

/// sanitize() over text that arrives in pieces: a sequence or character cut between two pieces is held back.
class StreamSanitizer {
 public:
  std::string feed(std::string_view piece);
  std::string finish();  ///< what was held back

 private:
  std::string held_;
};

}  // namespace errand::unicode
