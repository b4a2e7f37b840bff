#include "terminal/decoder.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/unicode.hpp"

namespace errand::terminal {

namespace {

constexpr char esc = '\x1b';
constexpr std::string_view paste_end = "\x1b[201~";
constexpr int paste_begins = 200;

// No key is longer; what is gets swallowed.
constexpr std::size_t max_csi_bytes = 128;
// Answers to OSC and DCS questions are short, titles and clipboards are not asked for.
constexpr std::size_t max_string_bytes = 4096;
constexpr std::size_t max_parameters = 8;

// What stands at the front: how many bytes it takes (0: not all has come) and the key, if it is one.
struct Step {
  std::size_t bytes = 0;
  std::optional<Key> key;
  bool begins_paste = false;
};

Key plain(KeyCode code, Modifiers with = {}) {
  return {.code = code, .with = with};
}

Key typed(std::string text, Modifiers with = {}) {
  return {.code = KeyCode::text, .with = with, .text = std::move(text)};
}

Key function_key(int number, Modifiers with) {
  return {.code = KeyCode::function, .with = with, .number = number};
}

bool is_final(char c) {
  return c >= 0x40 && c <= 0x7E;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

// ECMA-48 6.1: C0 controls; the terminal line discipline is off, so that they arrive as they are.
Key control_key(char c) {
  switch (c) {
    case '\r':
      return plain(KeyCode::enter);
    case '\t':
      return plain(KeyCode::tab);
    case 0x7F:
      return plain(KeyCode::backspace);
    case esc:
      return plain(KeyCode::escape);
    case 0:
      return typed(" ", {.ctrl = true});
    default:
      break;
  }
  const auto letter = static_cast<char>(c < 0x1B ? c + 0x60 : c + 0x40);
  return typed(std::string(1, letter), {.ctrl = true});
}

// The modifiers' parameter is one more than their bits; Meta counts as Alt.
Modifiers modifiers_of(int parameter) {
  const auto bits = static_cast<unsigned>(std::max(parameter, 1) - 1);
  return {.shift = (bits & 1U) != 0, .alt = (bits & (2U | 32U)) != 0, .ctrl = (bits & 4U) != 0};
}

// A key by its code point, as kitty and modifyOtherKeys tell it.
std::optional<Key> coded_key(int code, Modifiers with) {
  switch (code) {
    case 9:
      return plain(KeyCode::tab, with);
    case 13:
    case 57414:  // Enter of the keypad
      return plain(KeyCode::enter, with);
    case 27:
      return plain(KeyCode::escape, with);
    case 8:
    case 127:
      return plain(KeyCode::backspace, with);
    default:
      break;
  }
  if (code >= 57399 && code <= 57408) return typed(std::string(1, static_cast<char>('0' + code - 57399)), with);
  if (code < 32 || (code >= 0x80 && code < 0xA0) || code > 0x10FFFF || (code >= 0xD800 && code <= 0xF8FF))
    return std::nullopt;  // PUA: keys alone
  const bool letter = code >= 'a' && code <= 'z';
  if (with.ctrl && code >= 'A' && code <= 'Z') return typed(std::string(1, static_cast<char>(code + 32)), with);
  if (letter && with.shift && !with.ctrl) return typed(std::string(1, static_cast<char>(code - 32)), {.alt = with.alt});
  if (!with.ctrl) with.shift = false;
  std::string text;
  unicode::append_utf8(text, static_cast<char32_t>(code));
  return typed(std::move(text), with);
}

std::optional<Key> cursor_key(char final, Modifiers with) {
  switch (final) {
    case 'A':
      return plain(KeyCode::up, with);
    case 'B':
      return plain(KeyCode::down, with);
    case 'C':
      return plain(KeyCode::right, with);
    case 'D':
      return plain(KeyCode::left, with);
    case 'H':
      return plain(KeyCode::home, with);
    case 'F':
      return plain(KeyCode::end, with);
    case 'M':
      return plain(KeyCode::enter, with);
    case 'P':
    case 'Q':
    case 'R':
    case 'S':
      return function_key(final - 'P' + 1, with);
    default:
      return std::nullopt;
  }
}

struct Numbered {
  int number;
  KeyCode code;
};
constexpr std::array numbered = {Numbered{1, KeyCode::home},    Numbered{2, KeyCode::insert},
                                 Numbered{3, KeyCode::remove},  Numbered{4, KeyCode::end},
                                 Numbered{5, KeyCode::page_up}, Numbered{6, KeyCode::page_down},
                                 Numbered{7, KeyCode::home},    Numbered{8, KeyCode::end}};
// "CSI 11~" is F1; 16, 22, 27 and 30 are none.
constexpr std::array<int, 24> function_numbers = {1,  2,  3,  4,  5, 0,  6,  7, 8,  9,  10, 0,
                                                  11, 12, 13, 14, 0, 15, 16, 0, 17, 18, 19, 20};

std::optional<Key> tilde_key(int number, Modifiers with) {
  const auto* const found = std::ranges::find(numbered, number, &Numbered::number);
  if (found != numbered.end()) return plain(found->code, with);
  if (number < 11 || number > 34) return std::nullopt;
  const int function = function_numbers.at(static_cast<std::size_t>(number - 11));
  return function == 0 ? std::nullopt : std::optional(function_key(function, with));
}

// The numbers of a sequence; of sub-parameters ("97:65;2:3") the first, and the event of the second parameter.
struct Parameters {
  std::array<int, max_parameters> values{};
  std::size_t count = 0;
  int event = 1;  ///< kitty: 1 press, 2 repeat, 3 release

  [[nodiscard]] int at(std::size_t i, int otherwise) const {
    return i < count && values.at(i) > 0 ? values.at(i) : otherwise;
  }
};

int number_in(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Parameters parameters_of(std::string_view text) {
  Parameters out;
  while (!text.empty() && out.count < max_parameters) {
    const auto end = std::min(text.find(';'), text.size());
    const auto one = text.substr(0, end);
    const auto colon = one.find(':');
    if (out.count == 1 && colon != std::string_view::npos) out.event = std::max(number_in(one.substr(colon + 1)), 1);
    out.values.at(out.count++) = number_in(one.substr(0, colon));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// `body` is what stands between "ESC [" and the final byte.
Step csi_key(std::string_view body, char final, std::size_t bytes) {
  const auto reply = [&] { return Step{bytes, Key{.code = KeyCode::reply, .text = "[" + std::string(body) + final}}; };
  const bool is_private = !body.empty() && body.front() >= '<' && body.front() <= '?';
  if (is_private || body.ends_with('$'))
    return final == 'c' || final == 'u' || final == 'y' || final == 'n' ? reply() : Step{bytes};
  const auto parameters = parameters_of(body);
  if (parameters.event == 3) return {bytes};
  const auto with = modifiers_of(parameters.at(1, 1));
  switch (final) {
    case '~':
      if (parameters.at(0, 0) == paste_begins) return {.bytes = bytes, .begins_paste = true};
      if (parameters.at(0, 0) == 27 && parameters.count >= 3) return {bytes, coded_key(parameters.at(2, 0), with)};
      return {bytes, tilde_key(parameters.at(0, 0), with)};
    case 'u':
      return {bytes, coded_key(parameters.at(0, 0), with)};
    case 'Z':
      return {bytes, plain(KeyCode::tab, {.shift = true})};
    case 'I':
      return {bytes, plain(KeyCode::focus_in)};
    case 'O':
      return {bytes, plain(KeyCode::focus_out)};
    case 'R':  // where the cursor is; F3 is told otherwise by those who have modifiers
      return parameters.count >= 2 ? reply() : Step{bytes, cursor_key(final, with)};
    case 'n':
    case 'c':
      return reply();
    default:
      return {bytes, cursor_key(final, with)};
  }
}

Step read_csi(std::string_view s) {
  const auto limit = std::min(s.size(), max_csi_bytes);
  for (std::size_t i = 2; i < limit; ++i) {
    if (is_control(s[i]) || static_cast<unsigned char>(s[i]) >= 0x80) return {i};  // broken off: begins anew here
    if (!is_final(s[i])) continue;
    if (i == 2 && s[i] == '[') {  // the Linux console's F1 to F5: ESC [ [ A
      if (s.size() < 4) return {};
      if (s[3] < 'A' || s[3] > 'E') return {3};
      return {4, function_key(s[3] - 'A' + 1, {})};
    }
    return csi_key(s.substr(2, i - 2), s[i], i + 1);
  }
  return {s.size() < max_csi_bytes ? 0 : max_csi_bytes};
}

// ESC O, perhaps a modifier, and one byte.
Step read_ss3(std::string_view s) {
  std::size_t i = 2;
  while (i < s.size() && i < 5 && ((s[i] >= '0' && s[i] <= '9') || s[i] == ';')) ++i;
  if (i >= s.size()) return {};
  if (!is_final(s[i])) return {i};
  const auto parameters = parameters_of(s.substr(2, i - 2));
  return {i + 1, cursor_key(s[i], modifiers_of(parameters.at(parameters.count > 1 ? 1 : 0, 1)))};
}

// ESC ] … BEL, or ESC \; DCS, SOS, PM and APC likewise.
Step read_string(std::string_view s) {
  const auto limit = std::min(s.size(), max_string_bytes);
  for (std::size_t i = 2; i < limit; ++i) {
    std::size_t end = 0;
    if (s[i] == '\a') end = i + 1;
    if (s[i] == esc) {
      if (i + 1 >= s.size()) return {};
      if (s[i + 1] != '\\') return {i};  // it ends without an end
      end = i + 2;
    }
    if (end == 0) continue;
    return {end, Key{.code = KeyCode::reply, .text = std::string(s.substr(1, i - 1))}};
  }
  return {s.size() < max_string_bytes ? 0 : max_string_bytes};
}

Step read_text(std::string_view s) {
  const auto lead = static_cast<unsigned char>(s.front());
  const std::size_t need = lead < 0xC2 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 1;
  std::size_t got = 1;
  while (got < need && got < s.size() && unicode::is_continuation(s[got])) ++got;
  if (got < need && got == s.size()) return {};
  const bool is_c1 = lead == 0xC2 && got == 2 && static_cast<unsigned char>(s[1]) < 0xA0;  // nobody types these
  return {got,
          typed(!is_c1 && unicode::is_valid_utf8(s.substr(0, got)) ? std::string(s.substr(0, got)) : "\xEF\xBF\xBD")};
}

Step read_one(std::string_view s);

// ESC before a key is Alt.
Step read_alt(std::string_view s) {
  auto inner = read_one(s.substr(1));
  if (inner.bytes == 0) return {};
  ++inner.bytes;
  if (inner.key) inner.key->with.alt = true;
  return inner;
}

Step read_escape(std::string_view s) {
  if (s.size() < 2) return {};
  switch (s[1]) {
    case '[':
      return read_csi(s);
    case 'O':
      return read_ss3(s);
    case ']':
    case 'P':
    case 'X':
    case '^':
    case '_':
      return read_string(s);
    case esc:
      // Of three the first is a key; of two the second may begin a sequence.
      if (s.size() < 3) return {};
      return s[2] == '[' || s[2] == 'O' ? read_alt(s) : Step{1, plain(KeyCode::escape)};
    default:
      return read_alt(s);
  }
}

Step read_one(std::string_view s) {
  if (s.front() == esc) return read_escape(s);
  if (is_control(s.front())) return {1, control_key(s.front())};
  return read_text(s);
}

std::string harmless(std::string_view pasted) {
  std::string lines;
  lines.reserve(pasted.size());
  for (std::size_t i = 0; i < pasted.size(); ++i) {
    if (pasted[i] == '\r' && i + 1 < pasted.size() && pasted[i + 1] == '\n') continue;
    lines += pasted[i] == '\r' ? '\n' : pasted[i];
  }
  return unicode::without_controls(unicode::to_valid_utf8(lines));
}

}  // namespace

std::vector<Key> KeyDecoder::feed(std::string_view bytes) {
  std::vector<Key> out;
  held_ += bytes;
  expired_ = 0;
  if (!cut_.empty() && !take_cut_answer(out)) return out;
  std::size_t at = 0;
  const auto drop_used = [&] {
    held_.erase(0, at);
    at = 0;
  };
  while (at < held_.size()) {
    if (in_paste_) {
      drop_used();
      if (!take_paste(out)) return out;
      continue;
    }
    const auto rest = std::string_view(held_).substr(at);
    auto step = is_before_answer(rest) ? Step{1, plain(KeyCode::escape)} : read_one(rest);
    if (step.bytes == 0) break;
    at += step.bytes;
    in_paste_ = step.begins_paste;
    if (!step.key) continue;
    note_answer(*step.key);
    out.push_back(*std::move(step.key));
  }
  drop_used();
  return out;
}

void KeyDecoder::note_answer(const Key& key) {
  const auto answer = answer_in(key);
  const auto asked = answer ? expected_.find(*answer) : expected_.end();
  if (asked != expected_.end() && --asked->second == 0) expected_.erase(asked);
}

// An Escape that was pressed right before an answer came is no Alt.
bool KeyDecoder::is_before_answer(std::string_view bytes) const {
  return bytes.size() > 2 && bytes[0] == esc && answer_fit(bytes.substr(1)).kind != Fit::Kind::none;
}

// How bytes fit the answers that are expected.
Fit KeyDecoder::answer_fit(std::string_view bytes) const {
  for (const auto& [answer, count] : expected_) {
    if (const auto fit = fit_of(answer, bytes); fit.kind != Fit::Kind::none) return fit;
  }
  return {};
}

// False while what came may be more of the answer.
bool KeyDecoder::take_cut_answer(std::vector<Key>& out) {
  const auto all = cut_ + held_;
  const auto fit = answer_fit(all);
  if (fit.kind == Fit::Kind::beginning) return false;
  cut_.clear();
  if (fit.kind == Fit::Kind::none) return true;
  held_ = all.substr(fit.bytes);
  auto told = read_one(all).key;
  if (!told) return true;
  note_answer(*told);
  out.push_back(*std::move(told));
  return true;
}

// Moves what has come to paste_, but for what may be the beginning of its end. False while that is not there.
bool KeyDecoder::take_paste(std::vector<Key>& out) {
  const auto end = held_.find(paste_end);
  const bool ended = end != std::string::npos;
  const auto keep = std::min(held_.size(), paste_end.size() - 1);
  const auto taken = ended ? end : held_.size() - keep;
  const auto room = max_paste_bytes - std::min(paste_.size(), max_paste_bytes);
  paste_.append(held_, 0, std::min(taken, room));
  held_.erase(0, ended ? end + paste_end.size() : taken);
  if (!ended) return false;
  out.push_back({.code = KeyCode::paste, .text = harmless(paste_)});
  paste_.clear();
  in_paste_ = false;
  return true;
}

// Whether the rest of an answer that is expected has to be waited for.
bool KeyDecoder::waits_for_answer() {
  const auto all = cut_ + held_;
  if (answer_fit(all).kind != Fit::Kind::beginning) return false;
  const bool escape_alone = all.size() == 1;  // that can't wait
  if (!escape_alone && ++expired_ < answer_patience) return true;
  expired_ = 0;
  cut_ = all;  // what comes next may show what it was
  return false;
}

// What is held, as it is by itself.
std::vector<Key> KeyDecoder::decide_held() {
  std::vector<Key> out;
  const auto held = std::exchange(held_, {});
  if (held.front() != esc) {
    out.push_back(typed("\xEF\xBF\xBD"));
  } else if (held.size() == 1) {
    out.push_back(plain(KeyCode::escape));
  } else if (held.size() == 2 && held[1] == esc) {
    out.push_back(plain(KeyCode::escape, {.alt = true}));
  } else if (held.size() == 2) {  // Alt and a key that could have begun a sequence
    const bool is_whole = static_cast<unsigned char>(held[1]) < 0x80;
    out.push_back(typed(is_whole ? held.substr(1) : "\xEF\xBF\xBD", {.alt = true}));
  }
  return out;
}

std::vector<Key> KeyDecoder::expire() {
  if (!is_waiting() || waits_for_answer()) return {};
  if (cut_.empty() || held_.front() == esc) return decide_held();
  // The rest of what an ESC that was a key may have begun. So far in an answer it is no longer what somebody typed.
  if (std::ranges::any_of(expected_, [&](const auto& one) { return is_surely(one.first, cut_); })) {
    held_.clear();
    return {};
  }
  const auto cut = std::exchange(cut_, {});
  auto out = feed({});
  cut_ = cut;
  return out;
}

}  // namespace errand::terminal
