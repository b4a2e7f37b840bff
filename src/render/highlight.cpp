#include "render/highlight.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "render/highlight_grammar.hpp"

namespace errand::render {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

constexpr std::uint8_t in_comment = 1;
constexpr std::uint8_t first_string = 2;

// One line, from left to right.
class Scan {
 public:
  Scan(const Grammar& grammar, std::uint8_t& open, std::string_view text)
      : grammar_(grammar), open_(open), text_(text) {}

  Line line() {
    if (open_ != 0) go_on();
    while (at_ < text_.size()) step();
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }

  void take(std::size_t bytes, Style style) {
    append(out_, Run{std::string(rest().substr(0, bytes)), {style, 0, {}}});
    at_ += std::min(bytes, text_.size() - at_);
  }

  // Inside of what an earlier line opened.
  void go_on() {
    const bool comment = open_ == in_comment;
    const auto end = comment ? grammar_.block_comment.end : grammar_.long_strings[open_ - first_string].end;
    until(end, 0, comment ? Style::comment : Style::string);
  }

  void until(std::string_view end, std::size_t from, Style style) {
    const auto found = rest().find(end, from);
    if (found == std::string_view::npos) return take(rest().size(), style);
    open_ = 0;
    take(found + end.size(), style);
  }

  void step() {
    if (comment() || long_string() || quoted() || number() || word()) return;
    take(1, Style::text);
  }

  bool comment() {
    const auto& block = grammar_.block_comment;
    if (!block.begin.empty() && rest().starts_with(block.begin)) {
      open_ = in_comment;
      until(block.end, block.begin.size(), Style::comment);
      return true;
    }
    for (const auto mark : grammar_.line_comments) {
      if (!rest().starts_with(mark)) continue;
      // "#" inside of a word is no comment: $#, a#b, an address's fragment.
      if (mark == "#" && at_ > 0 && text_[at_ - 1] != ' ') continue;
      take(rest().size(), Style::comment);
      return true;
    }
    return false;
  }

  bool long_string() {
    for (std::size_t i = 0; i < grammar_.long_strings.size(); ++i) {
      const auto& known = grammar_.long_strings[i];
      if (!rest().starts_with(known.begin)) continue;
      open_ = static_cast<std::uint8_t>(first_string + i);
      until(known.end, known.begin.size(), Style::string);
      return true;
    }
    return false;
  }

  // Ends at its quote; one without an end is an apostrophe.
  bool quoted() {
    const auto quote = text_[at_];
    if (grammar_.quotes.find(quote) == std::string_view::npos) return false;
    auto end = at_ + 1;
    while (end < text_.size() && text_[end] != quote) end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) return false;
    const auto bytes = end + 1 - at_;
    take(bytes, grammar_.kind == Kind::keys && is_key_at(end + 1) ? Style::keyword : Style::string);
    return true;
  }

  // Whether what ended before `end` is followed by ':' and a blank or the line's end.
  [[nodiscard]] bool is_key_at(std::size_t end) const {
    if (end >= text_.size()) return false;
    if (text_[end] == '=' || text_.substr(end).starts_with(" =")) return true;
    return text_[end] == ':' && (end + 1 == text_.size() || text_[end + 1] == ' ');
  }

  bool number() {
    if (!is_digit(text_[at_])) return false;
    std::size_t bytes = 1;
    while (bytes < rest().size() && (is_digit(rest()[bytes]) || is_letter(rest()[bytes]) || rest()[bytes] == '.'))
      ++bytes;
    while (rest()[bytes - 1] == '.') --bytes;
    take(bytes, Style::number);
    return true;
  }

  [[nodiscard]] bool is_word(char c) const {
    return is_letter(c) || grammar_.word_characters.find(c) != std::string_view::npos;
  }

  bool word() {
    if (!is_word(text_[at_])) return false;
    std::size_t bytes = 1;
    while (bytes < rest().size() && (is_word(rest()[bytes]) || is_digit(rest()[bytes]))) ++bytes;
    take(bytes, is_keyword(rest().substr(0, bytes), at_ + bytes) ? Style::keyword : Style::text);
    return true;
  }

  [[nodiscard]] bool is_keyword(std::string_view word, std::size_t end) const {
    if (grammar_.kind == Kind::keys && is_key_at(end)) return true;
    const auto written = grammar_.ignores_case ? text::lower(word) : std::string(word);
    return std::ranges::find(grammar_.keywords, written) != grammar_.keywords.end();
  }

  const Grammar& grammar_;
  std::uint8_t& open_;
  std::string_view text_;
  std::size_t at_ = 0;
  Line out_;
};

Style of_diff_line(std::string_view line) {
  if (line.starts_with("@@")) return Style::hunk;
  if (line.starts_with("+++") || line.starts_with("---") || line.starts_with("diff ")) return Style::heading;
  if (line.starts_with('+')) return Style::added;
  if (line.starts_with('-')) return Style::removed;
  return Style::text;
}

}  // namespace

Highlighter::Highlighter(std::string_view language)
    : grammar_(grammar_of(text::lower(language.substr(0, language.find_first_of(" \t,{:"))))) {}

Line Highlighter::line(std::string_view text) {
  if (text.empty()) return {};
  if (grammar_ == nullptr) return {Run{std::string(text), {Style::text, 0, {}}}};
  if (grammar_->kind == Kind::diff) return {Run{std::string(text), {of_diff_line(text), 0, {}}}};
  return Scan(*grammar_, open_, text).line();
}

}  // namespace errand::render
