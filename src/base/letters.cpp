#include "base/letters.hpp"

#include <array>

#include <utf8proc.h>

#include "base/unicode.hpp"

namespace errand::letters {

namespace {

struct Range {
  char32_t first;
  char32_t last;
};

template <std::size_t N>
constexpr bool is_in(const std::array<Range, N>& ranges, char32_t c) {
  for (const auto& range : ranges) {
    if (c < range.first) return false;
    if (c <= range.last) return true;
  }
  return false;
}

// Unicode blocks, in order.
constexpr std::array unspaced_scripts = {
    Range{0x0E00, 0x0EFF},    // Thai, Lao
    Range{0x0F00, 0x0FFF},    // Tibetan
    Range{0x1000, 0x109F},    // Burmese
    Range{0x1100, 0x11FF},    // Hangul letters
    Range{0x1780, 0x17FF},    // Khmer
    Range{0x2E80, 0x2FDF},    // Han radicals
    Range{0x3005, 0x3007},    // iteration mark, zero
    Range{0x3040, 0x31FF},    // kana, Bopomofo, Hangul letters
    Range{0x3400, 0x4DBF},    // Han
    Range{0x4E00, 0x9FFF},    // Han
    Range{0xA960, 0xA97F},    // Hangul letters
    Range{0xAC00, 0xD7FF},    // Hangul
    Range{0xF900, 0xFAFF},    // Han, compatibility
    Range{0xFF66, 0xFFDC},    // halfwidth kana and Hangul
    Range{0x1B000, 0x1B16F},  // kana
    Range{0x20000, 0x3FFFF},  // Han
};

// Marks that a word is found without.
constexpr std::array diacritics = {
    Range{0x0300, 0x036F}, Range{0x0591, 0x05C7}, Range{0x0610, 0x061A}, Range{0x064B, 0x065F}, Range{0x0670, 0x0670},
    Range{0x1AB0, 0x1AFF}, Range{0x1DC0, 0x1DFF}, Range{0x20D0, 0x20FF}, Range{0xFE20, 0xFE2F},
};

Kind kind_of_letter(char32_t c, Kind kind) {
  return is_in(unspaced_scripts, c) ? Kind::unspaced : kind;
}

Kind kind_of(char32_t c) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LT:
      return Kind::upper;
    case UTF8PROC_CATEGORY_LL:
      return Kind::lower;
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_CO:
      return kind_of_letter(c, Kind::lower);
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return kind_of_letter(c, Kind::mark);
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return Kind::digit;
    case UTF8PROC_CATEGORY_SO:
      return c == 0xFFFD ? Kind::separator : Kind::symbol;
    default:
      return Kind::separator;
  }
}

constexpr Kind kind_of_ascii(char c) {
  if (c >= 'a' && c <= 'z') return Kind::lower;
  if (c >= 'A' && c <= 'Z') return Kind::upper;
  if (c >= '0' && c <= '9') return Kind::digit;
  return Kind::separator;
}

}  // namespace

Character first_of(std::string_view text) {
  const char c = text.front();
  if (static_cast<unsigned char>(c) < 0x80) return {static_cast<char32_t>(c), 1, kind_of_ascii(c)};
  utf8proc_int32_t code_point = -1;
  const auto got = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                    static_cast<utf8proc_ssize_t>(text.size()), &code_point);
  if (got <= 0 || code_point < 0) return {0xFFFD, 1, Kind::separator};
  const auto character = static_cast<char32_t>(code_point);
  return {character, static_cast<std::size_t>(got), kind_of(character)};
}

void append_folded(std::string& out, const Character& character) {
  const auto c = character.code_point;
  if (c < 0x80) {
    out += static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    return;
  }
  // The longest decomposition there is has 18 characters (U+FDFA).
  std::array<utf8proc_int32_t, 32> parts{};
  constexpr auto how = static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD);
  int boundary = UTF8PROC_BOUNDCLASS_START;
  const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts.data(),
                                             static_cast<utf8proc_ssize_t>(parts.size()), how, &boundary);
  // A Hangul syllable stays one: its letters would be searched for as characters of their own.
  const bool stays = count <= 0 || static_cast<std::size_t>(count) > parts.size() || (c >= 0xAC00 && c <= 0xD7FF);
  if (stays) return unicode::append_utf8(out, c);
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    if (!is_in(diacritics, static_cast<char32_t>(parts.at(i))))
      unicode::append_utf8(out, static_cast<char32_t>(parts.at(i)));
  }
}

}  // namespace errand::letters
