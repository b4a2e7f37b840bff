#include "repl/editor/vi_motions.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "base/graphemes.hpp"

namespace errand::repl {

namespace {

using unicode::Category;
using unicode::next_grapheme;
using unicode::previous_grapheme;

Category kind_at(std::string_view text, std::size_t at, ViWords words) {
  const auto kind = unicode::category_of(text.substr(at));
  return words == ViWords::big && kind != Category::space ? Category::word : kind;
}

std::size_t line_start(std::string_view text, std::size_t at) {
  const auto before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  return before == std::string_view::npos ? 0 : before + 1;
}

std::size_t line_end(std::string_view text, std::size_t at) {
  return std::min(text.find('\n', at), text.size());
}

// The run of characters of one kind around `at`, within its line.
ViSpan run_at(std::string_view text, std::size_t at, ViWords words) {
  const auto start = line_start(text, at);
  const auto end = line_end(text, at);
  const auto kind = kind_at(text, at, words);
  ViSpan out{at, at};
  while (out.to < end && kind_at(text, out.to, words) == kind) out.to = next_grapheme(text, out.to);
  while (out.from > start && kind_at(text, previous_grapheme(text, out.from), words) == kind)
    out.from = previous_grapheme(text, out.from);
  return out;
}

std::optional<ViSpan> word_object(std::string_view text, std::size_t at, char reach, ViWords words) {
  const auto end = line_end(text, at);
  if (at >= end) return std::nullopt;
  auto out = run_at(text, at, words);
  if (reach == 'i') return out;
  const bool on_blank = kind_at(text, at, words) == Category::space;
  if (out.to < end && (on_blank || kind_at(text, out.to, words) == Category::space)) {
    out.to = run_at(text, out.to, words).to;
  } else if (out.from > line_start(text, at)) {
    const auto before = previous_grapheme(text, out.from);
    if (kind_at(text, before, words) == Category::space) out.from = run_at(text, before, words).from;
  }
  return out;
}

// The pair around `at`, else the first one behind it, in its line.
std::optional<ViSpan> quote_object(std::string_view text, std::size_t at, char reach, char quote) {
  const auto end = line_end(text, at);
  std::vector<std::size_t> quotes;
  for (auto i = line_start(text, at); i < end; ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == quote)
      quotes.push_back(i);
  }
  for (std::size_t i = 0; i + 1 < quotes.size(); i += 2) {
    if (quotes[i + 1] < at) continue;
    return reach == 'i' ? ViSpan{quotes[i] + 1, quotes[i + 1]} : ViSpan{quotes[i], quotes[i + 1] + 1};
  }
  return std::nullopt;
}

std::optional<std::size_t> open_before(std::string_view text, std::size_t at, char open, char close) {
  std::size_t inner = 0;
  for (auto i = at + 1; i-- > 0;) {
    if (text[i] == close && i != at) ++inner;
    if (text[i] != open) continue;
    if (inner == 0) return i;
    --inner;
  }
  return std::nullopt;
}

std::optional<ViSpan> bracket_object(std::string_view text, std::size_t at, char reach, char open, char close) {
  if (at >= text.size()) return std::nullopt;
  const auto begin = open_before(text, at, open, close);
  if (!begin) return std::nullopt;
  std::size_t inner = 0;
  for (auto i = *begin + 1; i < text.size(); ++i) {
    if (text[i] == open) ++inner;
    if (text[i] != close) continue;
    if (inner == 0) return reach == 'i' ? ViSpan{*begin + 1, i} : ViSpan{*begin, i + 1};
    --inner;
  }
  return std::nullopt;
}

struct Brackets {
  std::string_view names;
  char open;
  char close;
};
constexpr std::array brackets = {Brackets{"()b", '(', ')'}, Brackets{"[]", '[', ']'}, Brackets{"{}B", '{', '}'},
                                 Brackets{"<>", '<', '>'}};

}  // namespace

std::size_t vi_next_word(std::string_view text, std::size_t at, ViWords words) {
  if (at >= text.size()) return text.size();
  const auto kind = kind_at(text, at, words);
  while (at < text.size() && kind != Category::space && kind_at(text, at, words) == kind) at = next_grapheme(text, at);
  while (at < text.size() && kind_at(text, at, words) == Category::space) at = next_grapheme(text, at);
  return at;
}

std::size_t vi_previous_word(std::string_view text, std::size_t at, ViWords words) {
  const auto before = [&] { return kind_at(text, previous_grapheme(text, at), words); };
  while (at > 0 && before() == Category::space) at = previous_grapheme(text, at);
  if (at == 0) return 0;
  const auto kind = before();
  while (at > 0 && before() == kind) at = previous_grapheme(text, at);
  return at;
}

std::size_t vi_word_end(std::string_view text, std::size_t at, ViWords words) {
  at = next_grapheme(text, at);
  while (at < text.size() && kind_at(text, at, words) == Category::space) at = next_grapheme(text, at);
  if (at >= text.size()) return previous_grapheme(text, text.size());
  const auto kind = kind_at(text, at, words);
  for (auto next = next_grapheme(text, at); next < text.size() && kind_at(text, next, words) == kind;
       next = next_grapheme(text, next))
    at = next;
  return at;
}

std::size_t vi_previous_word_end(std::string_view text, std::size_t at, ViWords words) {
  const auto kind = at < text.size() ? kind_at(text, at, words) : Category::space;
  while (at > 0 && kind != Category::space && kind_at(text, at, words) == kind) at = previous_grapheme(text, at);
  while (at > 0 && (at == text.size() || kind_at(text, at, words) == Category::space)) at = previous_grapheme(text, at);
  return at;
}

std::size_t vi_line(std::string_view text, std::size_t number) {
  std::size_t at = 0;
  for (std::size_t i = 1; i < number; ++i) {
    const auto end = text.find('\n', at);
    if (end == std::string_view::npos) break;
    at = end + 1;
  }
  return at;
}

std::size_t vi_run_end(std::string_view text, std::size_t at, ViWords words) {
  return at < line_end(text, at) ? run_at(text, at, words).to : at;
}

std::size_t vi_first_of_line(std::string_view text, std::size_t at) {
  const auto start = line_start(text, at);
  const auto found = text.find_first_not_of(" \t", start);
  return std::min(found, line_end(text, start));
}

ViSearch vi_reversed(ViSearch search) {
  const auto is_small = std::islower(static_cast<unsigned char>(search.key)) != 0;
  search.key = static_cast<char>(is_small ? search.key - 'a' + 'A' : search.key - 'A' + 'a');
  return search;
}

std::optional<std::size_t> vi_find(std::string_view text, std::size_t at, const ViSearch& search, std::size_t count,
                                   ViTry attempt) {
  const bool forward = search.key == 'f' || search.key == 't';
  const bool beside = search.key == 't' || search.key == 'T';
  const auto start = line_start(text, at);
  const auto end = line_end(text, at);
  const auto is_at = [&](std::size_t i) { return text.substr(i, next_grapheme(text, i) - i) == search.character; };
  bool skips = beside && attempt == ViTry::again;
  while (count > 0) {
    if (forward ? at >= end || next_grapheme(text, at) >= end : at <= start) return std::nullopt;
    at = forward ? next_grapheme(text, at) : previous_grapheme(text, at);
    if (is_at(at) && !skips) --count;
    skips = false;
  }
  if (!beside) return at;
  return forward ? previous_grapheme(text, at) : next_grapheme(text, at);
}

std::optional<ViSpan> vi_object(std::string_view text, std::size_t at, char reach, char what) {
  if (what == 'w' || what == 'W') return word_object(text, at, reach, what == 'w' ? ViWords::small : ViWords::big);
  if (what == '"' || what == '\'' || what == '`') return quote_object(text, at, reach, what);
  const auto* const found = std::ranges::find_if(
      brackets, [&](const Brackets& one) { return one.names.find(what) != std::string_view::npos; });
  if (found == brackets.end()) return std::nullopt;
  return bracket_object(text, at, reach, found->open, found->close);
}

}  // namespace errand::repl
