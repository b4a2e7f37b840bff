#include "terminal/answers.hpp"

#include <algorithm>
#include <charconv>

namespace errand::terminal {

namespace {

// xterm's answer to "OSC 11 ; ?": ESC ] 11 ; rgb:1e1e/1e1e/1e1e, ended by BEL or ESC \.
constexpr std::string_view background_begins = "\x1b]11;";
constexpr std::size_t max_color_bytes = 64;

// To DSR 6: ESC [ row ; column R.
constexpr std::string_view place_begins = "\x1b[";
constexpr std::size_t max_digits = 5;

// To DSR 5: ready.
constexpr std::string_view shown_answer = "\x1b[0n";

bool is_color_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ':' || c == '/' || c == '#';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Whether both are alike as far as the shorter goes.
bool begin_alike(std::string_view one, std::string_view other) {
  const auto common = std::min(one.size(), other.size());
  return one.substr(0, common) == other.substr(0, common);
}

Fit background_fit(std::string_view s) {
  if (!begin_alike(s, background_begins)) return {};
  auto end = std::min(s.size(), background_begins.size());
  while (end < s.size() && is_color_byte(s[end])) ++end;
  if (end > background_begins.size() + max_color_bytes) return {};
  const auto rest = s.substr(end);
  if (rest.empty() || rest == "\x1b") return {.kind = Fit::Kind::beginning};
  if (rest.front() == '\a') return {.kind = Fit::Kind::whole, .bytes = end + 1};
  if (rest.starts_with("\x1b\\")) return {.kind = Fit::Kind::whole, .bytes = end + 2};
  return {};
}

Fit place_fit(std::string_view s) {
  if (!begin_alike(s, place_begins)) return {};
  auto end = std::min(s.size(), place_begins.size());
  for (const char last : {';', 'R'}) {
    const auto digits = end;
    while (end < s.size() && is_digit(s[end]) && end - digits < max_digits) ++end;
    if (end == s.size()) return {.kind = Fit::Kind::beginning};
    if (end == digits || s[end] != last) return {};
    ++end;
  }
  return {.kind = Fit::Kind::whole, .bytes = end};
}

Fit shown_fit(std::string_view s) {
  if (!begin_alike(s, shown_answer)) return {};
  if (s.size() < shown_answer.size()) return {.kind = Fit::Kind::beginning};
  return {.kind = Fit::Kind::whole, .bytes = shown_answer.size()};
}

bool has_head(Answer answer, std::string_view bytes) {
  switch (answer) {
    case Answer::background:
      return bytes.size() >= background_begins.size();
    case Answer::place:
      return bytes.find(';') != std::string_view::npos;
    case Answer::shown:
      return bytes.size() >= shown_answer.size() - 1;
  }
  return false;
}

}  // namespace

Fit fit_of(Answer answer, std::string_view bytes) {
  switch (answer) {
    case Answer::background:
      return background_fit(bytes);
    case Answer::place:
      return place_fit(bytes);
    case Answer::shown:
      return shown_fit(bytes);
  }
  return {};
}

bool is_surely(Answer answer, std::string_view bytes) {
  return has_head(answer, bytes) && fit_of(answer, bytes).kind != Fit::Kind::none;
}

std::optional<Place> place_in(const Key& reply) {
  if (reply.code != KeyCode::reply || !reply.text.starts_with('[') || !reply.text.ends_with('R')) return std::nullopt;
  const auto* at = reply.text.data() + 1;
  const auto* const end = reply.text.data() + reply.text.size() - 1;
  std::size_t row = 0;
  std::size_t column = 0;
  const auto first = std::from_chars(at, end, row);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != ';') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, column);
  if (second.ec != std::errc{} || second.ptr != end || row == 0 || column == 0) return std::nullopt;
  return Place{row - 1, column - 1};
}

std::optional<Answer> answer_in(const Key& key) {
  if (key.code == KeyCode::reply && key.text.starts_with(background_begins.substr(1))) return Answer::background;
  if (place_in(key)) return Answer::place;
  if (key.code == KeyCode::reply && key.text == shown_answer.substr(1)) return Answer::shown;
  return std::nullopt;
}

}  // namespace errand::terminal
