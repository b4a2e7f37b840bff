#include "base/unicode.hpp"

#include <algorithm>

#include <utf8proc.h>

namespace errand::unicode {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::string_view mark_control = "⟦control⟧";
constexpr std::string_view mark_escape = "⟦escape⟧";
constexpr std::string_view mark_invisible = "⟦invisible⟧";

// A control string without a terminator (an OSC whose end never comes) is taken for one up to this many bytes.
constexpr std::size_t max_control_string_bytes = 4096;

struct Decoded {
  char32_t code_point = 0;
  std::size_t bytes = 0;
  bool valid = false;
};

Decoded decode(std::string_view s) {
  utf8proc_int32_t code_point = -1;
  const auto got = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(s.data()),
                                    static_cast<utf8proc_ssize_t>(s.size()), &code_point);
  if (got <= 0 || code_point < 0) return {0xFFFD, 1, false};
  return {static_cast<char32_t>(code_point), static_cast<std::size_t>(got), true};
}

// Whether `s` is a valid beginning of one UTF-8 character that has not fully arrived.
bool is_cut_character(std::string_view s) {
  const auto lead = static_cast<unsigned char>(s.front());
  const std::size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
  if (lead > 0xF4 || s.size() >= need) return false;
  return std::all_of(s.begin() + 1, s.end(), is_continuation);
}

bool is_emoji_base(char32_t c) {
  return (c >= 0x1F000 && c <= 0x1FAFF) || (c >= 0x2190 && c <= 0x2BFF) || c == 0x00A9 || c == 0x00AE ||
         (c >= 0x3030 && c <= 0x3299) || (c >= '0' && c <= '9') || c == '#' || c == '*' || c == 0xFE0F || c == 0x20E3;
}

// Persian, Urdu and the Indic scripts spell words with single (non-)joiners; a run of them hides something.
bool is_spelling(char32_t c, char32_t before) {
  return (c == 0x200C || c == 0x200D) && before >= 0x0600 && before < 0x2000;
}

enum class Scan { complete, unfinished };

struct Sequence {
  std::size_t bytes = 0;
  Scan scan = Scan::complete;
};

// ESC [ parameters intermediates final (ECMA-48, 5.4)
Sequence scan_csi(std::string_view s, std::size_t from) {
  for (auto i = from; i < s.size(); ++i) {
    const auto c = static_cast<unsigned char>(s[i]);
    if (c >= 0x40 && c <= 0x7E) return {i + 1, Scan::complete};
    if (c < 0x20 || c > 0x7E) return {i, Scan::complete};
  }
  return {s.size(), Scan::unfinished};
}

// ESC ] … BEL or ESC \ (OSC; DCS, SOS, PM and APC likewise)
Sequence scan_control_string(std::string_view s, std::size_t from) {
  const auto limit = std::min(s.size(), from + max_control_string_bytes);
  for (auto i = from; i < limit; ++i) {
    if (s[i] == '\a') return {i + 1, Scan::complete};
    if (s[i] == '\x1b' && i + 1 < s.size() && s[i + 1] == '\\') return {i + 2, Scan::complete};
    if (s[i] == '\n') return {i, Scan::complete};
  }
  return {limit, limit == s.size() ? Scan::unfinished : Scan::complete};
}

Sequence scan_escape(std::string_view s) {
  if (s.size() < 2) return {s.size(), Scan::unfinished};
  switch (s[1]) {
    case '[':
      return scan_csi(s, 2);
    case ']':
    case 'P':
    case 'X':
    case '^':
    case '_':
      return scan_control_string(s, 2);
    default:
      break;
  }
  std::size_t i = 1;  // ESC intermediates final
  while (i < s.size() && s[i] >= 0x20 && s[i] <= 0x2F) ++i;
  if (i >= s.size()) return {s.size(), Scan::unfinished};
  return {s[i] >= 0x30 && s[i] <= 0x7E ? i + 1 : i, Scan::complete};
}

// Appends `mark` once for a run of the same kind.
void append_mark(std::string& out, std::string_view mark) {
  if (!out.ends_with(mark)) out += mark;
}

enum class Ending { more_may_come, last };

// Consumes what it can of `s`; what must wait for more bytes stays. Returns the consumed length.
std::size_t sanitize_into(std::string& out, std::string_view s, Ending ending) {
  char32_t before = 0;
  std::size_t i = 0;
  while (i < s.size()) {
    const char c = s[i];
    if (c == '\x1b') {
      const auto sequence = scan_escape(s.substr(i));
      if (sequence.scan == Scan::unfinished && ending == Ending::more_may_come) return i;
      append_mark(out, mark_escape);
      i += sequence.bytes;
      continue;
    }
    if (c == '\r') {
      if (i + 1 == s.size() && ending == Ending::more_may_come) return i;
      const bool line_end = i + 1 < s.size() && s[i + 1] == '\n';
      if (!line_end) append_mark(out, mark_control);
      ++i;
      continue;
    }
    if (static_cast<unsigned char>(c) < 0x80 && c != 0x7F && (c >= 0x20 || c == '\n' || c == '\t')) {
      out += c;
      before = static_cast<char32_t>(c);
      ++i;
      continue;
    }
    if (ending == Ending::more_may_come && is_cut_character(s.substr(i))) return i;
    const auto decoded = decode(s.substr(i));
    const auto bytes = s.substr(i, decoded.bytes);
    i += decoded.bytes;
    if (!decoded.valid) {
      out += replacement;
    } else if ((decoded.code_point == 0x200D || decoded.code_point == 0xFE0F) && is_emoji_base(before)) {
      out += bytes;
    } else if (is_spelling(decoded.code_point, before)) {
      out += bytes;
      before = decoded.code_point;
    } else if (!is_hostile(decoded.code_point)) {
      out += bytes;
      before = decoded.code_point;
    } else {
      append_mark(out, decoded.code_point < 0xA0 ? mark_control : mark_invisible);
    }
  }
  return i;
}

}  // namespace

std::size_t width(std::string_view s) {
  std::size_t columns = 0;
  char32_t before = 0;
  while (!s.empty()) {
    const auto decoded = decode(s);
    s.remove_prefix(decoded.bytes);
    const bool joined = before == 0x200D;  // the second half of a joined emoji takes no columns of its own
    if (!joined)
      columns +=
          static_cast<std::size_t>(std::max(0, utf8proc_charwidth(static_cast<utf8proc_int32_t>(decoded.code_point))));
    before = decoded.code_point;
  }
  return columns;
}

std::string prefix_of_width(std::string_view s, std::size_t columns) {
  std::size_t used = 0;
  std::size_t bytes = 0;
  while (bytes < s.size()) {
    const auto decoded = decode(s.substr(bytes));
    used +=
        static_cast<std::size_t>(std::max(0, utf8proc_charwidth(static_cast<utf8proc_int32_t>(decoded.code_point))));
    if (used > columns) break;
    bytes += decoded.bytes;
  }
  return std::string(s.substr(0, bytes));
}

std::size_t char_border_before(std::string_view s, std::size_t at) {
  if (at >= s.size()) return s.size();
  while (at > 0 && is_continuation(s[at])) --at;
  return at;
}

void append_utf8(std::string& out, char32_t code_point) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code_point < 0x80) return put(code_point);
  const auto put_tail = [&](unsigned shift) { put(0x80U | ((code_point >> shift) & 0x3FU)); };
  if (code_point < 0x800) {
    put(0xC0U | (code_point >> 6U));
    return put_tail(0);
  }
  if (code_point < 0x10000) {
    put(0xE0U | (code_point >> 12U));
  } else {
    put(0xF0U | (code_point >> 18U));
    put_tail(12);
  }
  put_tail(6);
  put_tail(0);
}

bool is_valid_utf8(std::string_view s) {
  while (true) {
    const auto* const other = std::ranges::find_if(s, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    s.remove_prefix(static_cast<std::size_t>(other - s.begin()));
    if (s.empty()) return true;
    const auto decoded = decode(s);
    if (!decoded.valid) return false;
    s.remove_prefix(decoded.bytes);
  }
}

std::string to_valid_utf8(std::string_view s) {
  std::string out;
  out.reserve(s.size());
  while (!s.empty()) {
    const auto decoded = decode(s);
    out += decoded.valid ? s.substr(0, decoded.bytes) : replacement;
    s.remove_prefix(decoded.bytes);
  }
  return out;
}

bool is_hostile(char32_t c) {
  if (c == '\t' || c == '\n') return false;
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return true;  // C0, DEL, C1
  if (c >= 0x200B && c <= 0x200F) return true;           // zero width, direction marks
  if (c >= 0x202A && c <= 0x202E) return true;           // bidi embedding and override
  if (c >= 0x2060 && c <= 0x206F) return true;           // invisible operators, bidi isolates
  if (c >= 0xE0000 && c <= 0xE0FFF) return true;         // tags, variation selectors supplement
  if (c >= 0xFE00 && c <= 0xFE0F) return true;           // variation selectors
  if (c >= 0xFFF9 && c <= 0xFFFB) return true;           // interlinear annotation
  return c == 0x00AD || c == 0x034F || c == 0x061C || c == 0x115F || c == 0x1160 || c == 0x17B4 || c == 0x17B5 ||
         c == 0x180E || c == 0x2028 || c == 0x2029 || c == 0x3164 || c == 0xFEFF || c == 0xFFA0;
}

std::string sanitize(std::string_view s) {
  std::string out;
  out.reserve(s.size());
  sanitize_into(out, s, Ending::last);
  return out;
}

std::string without_controls(std::string_view s) {
  std::string out;
  out.reserve(s.size());
  for (std::size_t i = 0; i < s.size();) {
    const auto c = static_cast<unsigned char>(s[i]);
    const bool second_half_of_c1 = c == 0xC2 && i + 1 < s.size() && static_cast<unsigned char>(s[i + 1]) < 0xA0;
    const bool line_end = c == '\r' && i + 1 < s.size() && s[i + 1] == '\n';
    if (c == 0x1B) {
      append_mark(out, mark_escape);
      i += scan_escape(s.substr(i)).bytes;
    } else if (second_half_of_c1) {
      append_mark(out, mark_control);
      i += 2;
    } else if ((c < 0x20 && c != '\n' && c != '\t' && !line_end) || c == 0x7F) {
      append_mark(out, mark_control);
      ++i;
    } else {
      out += s[i++];
    }
  }
  return out;
}

std::string StreamSanitizer::feed(std::string_view piece) {
  std::string out;
  if (held_.empty()) {
    const auto used = sanitize_into(out, piece, Ending::more_may_come);
    held_.assign(piece.substr(used));
    return out;
  }
  held_ += piece;
  const auto used = sanitize_into(out, held_, Ending::more_may_come);
  held_.erase(0, used);
  return out;
}

std::string StreamSanitizer::finish() {
  std::string out;
  sanitize_into(out, held_, Ending::last);
  held_.clear();
  return out;
}

}  // namespace errand::unicode
