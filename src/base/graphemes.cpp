#include "base/graphemes.hpp"

#include <algorithm>
#include <array>

#include <utf8proc.h>

#include "base/unicode.hpp"

namespace errand::unicode {

namespace {

// No grapheme that people write is longer; going back begins to look this far before.
constexpr std::size_t max_grapheme_bytes = 256;
constexpr std::size_t max_cluster_bytes = 64;

struct Decoded {
  utf8proc_int32_t code_point = 0xFFFD;
  std::size_t bytes = 1;
};

Decoded decode(std::string_view s) {
  Decoded out;
  const auto got = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(s.data()),
                                    static_cast<utf8proc_ssize_t>(s.size()), &out.code_point);
  if (got <= 0) return {};
  out.bytes = static_cast<std::size_t>(got);
  return out;
}

std::string encode(utf8proc_int32_t code_point) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const auto size = utf8proc_encode_char(code_point, bytes.data());
  return {reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(size)};
}

bool is_printable_ascii(char c) {
  return c >= 0x20 && c < 0x7F;
}

bool is_regional_indicator(utf8proc_int32_t c) {
  return c >= 0x1F1E6 && c <= 0x1F1FF;
}

bool is_space(utf8proc_int32_t c) {
  const auto category = utf8proc_category(c);
  return c == '\n' || c == '\t' || category == UTF8PROC_CATEGORY_ZS;
}

// Letters, marks and numbers.
bool is_word(utf8proc_int32_t c) {
  const auto category = utf8proc_category(c);
  return c == '_' || (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO);
}

}  // namespace

std::size_t next_grapheme(std::string_view s, std::size_t at) {
  if (at >= s.size()) return s.size();
  auto before = decode(s.substr(at));
  at += before.bytes;
  utf8proc_int32_t state = 0;
  while (at < s.size()) {
    const auto after = decode(s.substr(at));
    if (utf8proc_grapheme_break_stateful(before.code_point, after.code_point, &state) != 0) break;
    at += after.bytes;
    before = after;
  }
  return at;
}

// A line end is always a border, so that is where looking may begin.
std::size_t previous_grapheme(std::string_view s, std::size_t at) {
  at = std::min(at, s.size());
  if (at == 0) return 0;
  const auto line = s.rfind('\n', at - 1);
  const auto far = char_border_before(s, at - std::min(at, max_grapheme_bytes));
  auto begin = line == std::string_view::npos || line + 1 == at ? far : std::max(far, line + 1);
  while (true) {
    const auto next = next_grapheme(s, begin);
    if (next >= at) return begin;
    begin = next;
  }
}

Cluster first_cluster(std::string_view text) {
  if (is_printable_ascii(text[0]) && (text.size() == 1 || static_cast<unsigned char>(text[1]) < 0x80)) return {1, 1};
  const auto bytes = next_grapheme(text.substr(0, max_cluster_bytes), 0);
  return {bytes, width(text.substr(0, bytes))};
}

std::size_t grapheme_width(std::string_view grapheme) {
  std::size_t sum = 0;
  bool is_wide = false;
  while (!grapheme.empty()) {
    const auto one = decode(grapheme);
    const auto width = static_cast<std::size_t>(std::max(0, utf8proc_charwidth(one.code_point)));
    is_wide = is_wide || width == 2 || is_regional_indicator(one.code_point);
    sum += width;
    grapheme.remove_prefix(one.bytes);
  }
  return is_wide ? std::min<std::size_t>(std::max<std::size_t>(sum, 1), 2) : sum;
}

Category category_of(std::string_view s) {
  if (s.empty()) return Category::space;
  const auto c = decode(s).code_point;
  if (is_space(c)) return Category::space;
  return is_word(c) ? Category::word : Category::other;
}

std::string in_case(std::string_view s, LetterCase wanted) {
  std::string out;
  bool first = true;
  while (!s.empty()) {
    const auto one = decode(s);
    const bool upper = wanted == LetterCase::upper || (wanted == LetterCase::title && first);
    out += encode(upper ? utf8proc_toupper(one.code_point) : utf8proc_tolower(one.code_point));
    if (is_word(one.code_point)) first = false;
    s.remove_prefix(one.bytes);
  }
  return out;
}

}  // namespace errand::unicode
