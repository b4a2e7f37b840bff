#include "policy/loose_lexer.hpp"

#include <algorithm>
#include <iterator>

namespace errand::policy {

namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

class LooseLexer {
 public:
  explicit LooseLexer(std::string_view line) : line_(line) {}

  LooseLine cut() {
    frames_.emplace_back();
    while (at_ < line_.size()) {
      if (top().in_double_quotes) {
        quoted_step(line_[at_++]);
      } else {
        step(line_[at_++]);
      }
    }
    if (frames_.size() > 1 || top().in_double_quotes) out_.certain = false;
    while (!frames_.empty()) {
      end_segment();
      frames_.pop_back();
    }
    return std::move(out_);
  }

 private:
  // One nesting of substitution or group, with the word it interrupts.
  struct Frame {
    char closer = '\0';
    bool in_double_quotes = false;
    bool in_word = false;
    bool drop_word = false;  // the word is a redirection's target
    LooseWord word;
    LooseSegment segment;
  };

  Frame& top() { return frames_.back(); }
  [[nodiscard]] char peek() const { return at_ < line_.size() ? line_[at_] : '\0'; }

  void add(char c) {
    top().word.text += c;
    top().in_word = true;
  }
  void add_unsure(char c) {
    add(c);
    top().word.literal = false;
  }

  void quoted_step(char c) {
    if (c == '"') {
      top().in_double_quotes = false;
    } else if (c == '\\' && at_ < line_.size()) {
      escaped();
    } else if (c == '$') {
      dollar();
    } else if (c == '`') {
      backtick();
    } else {
      add(c);
    }
  }

  void step(char c) {
    switch (c) {
      case ' ':
      case '\t':
      case '\r':
        return end_word();
      case '\n':
      case ';':
      case '|':
        return end_segment();
      case '&':
        return peek() == '>' ? end_word() : end_segment();
      case '<':
      case '>':
        return redirection(c);
      case '(':
        if (peek() == '(') out_.certain = false;  // arithmetic
        end_segment();
        return open(')');
      case ')':
        return top().closer == ')' ? close() : end_segment();
      case '#':
        return top().in_word ? add(c) : comment();
      case '\'':
        return single_quoted();
      case '"':
        top().in_word = true;
        top().in_double_quotes = true;
        return;
      case '\\':
        return escaped();
      case '$':
        return dollar();
      case '`':
        return backtick();
      default:
        return plain(c);
    }
  }

  void plain(char c) {
    if (c == '{' && peek() == '}') {  // as in find -exec
      add(c);
      return add(line_[at_++]);
    }
    if (c == '[' && !top().in_word && (peek() == ' ' || peek() == '\t')) return add(c);  // the command
    if (std::string_view("*?[{~").find(c) != std::string_view::npos) return add_unsure(c);
    add(c);
  }

  void dollar() {
    add_unsure('$');
    if (peek() == '{') return check_expansion();
    if (peek() == '\'' && !top().in_double_quotes) {
      ++at_;
      return ansi_quoted();
    }
    if (peek() != '(') return;
    ++at_;
    if (peek() == '(') out_.certain = false;  // arithmetic
    open(')');
  }

  // Quotes inside ${…} follow rules of their own. ${x@P} and ${x:y} run what the variable holds.
  void check_expansion() {
    const auto body = line_.substr(at_, line_.find('}', at_) - at_);
    if (at_ + body.size() == line_.size() || body.find_first_of("'\"`(\\") != std::string_view::npos) {
      out_.certain = false;
    }
    const auto colon = body.find(':');
    const bool computes = colon != std::string_view::npos && colon + 1 < body.size() &&
                          std::string_view("-=?+ 0123456789").find(body[colon + 1]) == std::string_view::npos;
    if (computes || body.find("@P") != std::string_view::npos) out_.certain = false;
  }

  // $'…', undecoded: the word is not literal anyway.
  void ansi_quoted() {
    while (at_ < line_.size()) {
      const char c = line_[at_++];
      if (c == '\'') return;
      if (c == '\\' || c == '$' || c == '`') top().word.masked = true;
      if (c == '\\' && at_ < line_.size()) ++at_;
      add(c);
    }
    out_.certain = false;
  }

  void single_quoted() {
    top().in_word = true;
    const auto end = line_.find('\'', at_);
    if (end == std::string_view::npos) out_.certain = false;
    const auto quoted = line_.substr(at_, end == std::string_view::npos ? end : end - at_);
    if (quoted.find_first_of("$`") != std::string_view::npos) top().word.masked = true;
    top().word.text += quoted;
    at_ = end == std::string_view::npos ? line_.size() : end + 1;
  }

  void escaped() {
    if (at_ >= line_.size()) {
      out_.certain = false;
      return;
    }
    const char c = line_[at_++];
    if (c == '`') out_.certain = false;  // a substitution inside a substitution
    if (c == '$' || c == '`') top().word.masked = true;
    if (c != '\n') add(c);
  }

  void comment() { at_ = std::min(line_.find('\n', at_), line_.size()); }

  void redirection(char c) {
    auto& frame = top();
    const bool is_descriptor = frame.in_word && frame.word.literal && std::ranges::all_of(frame.word.text, is_digit);
    if (is_descriptor) {
      frame.word = {};
      frame.in_word = false;
    }
    end_word();
    if (peek() == '(') {
      ++at_;
      add_unsure(c);
      return open(')');
    }
    if (c == '<' && peek() == '<') out_.certain = false;
    while (at_ < line_.size() && std::string_view("<>&|").find(line_[at_]) != std::string_view::npos) ++at_;
    top().drop_word = true;
  }

  void backtick() {
    const auto opened = std::find_if(frames_.rbegin(), frames_.rend(), [](const Frame& f) { return f.closer == '`'; });
    if (opened == frames_.rend()) {
      top().word.literal = false;
      top().in_word = true;
      return open('`');
    }
    const auto depth = static_cast<std::size_t>(std::distance(opened, frames_.rend()));
    while (frames_.size() >= depth) close();
  }

  void open(char closer) {
    frames_.emplace_back();
    top().closer = closer;
  }

  void close() {
    end_segment();
    frames_.pop_back();
  }

  void end_word() {
    auto& frame = top();
    if (!frame.in_word) return;
    if (!frame.drop_word) frame.segment.push_back(std::move(frame.word));
    frame.word = {};
    frame.in_word = false;
    frame.drop_word = false;
  }

  void end_segment() {
    end_word();
    top().drop_word = false;
    if (!top().segment.empty()) out_.segments.push_back(std::move(top().segment));
    top().segment.clear();
  }

  std::string_view line_;
  std::size_t at_ = 0;
  std::vector<Frame> frames_;
  LooseLine out_;
};

enum class Quotes { vanish, separate };

void add_words(std::vector<std::string>& out, std::string_view text, Quotes quotes) {
  constexpr std::string_view separators = " \t\r\n;&|(){}<>`$!,=:*?[]~#";
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) out.push_back(std::move(word));
    word.clear();
  };
  for (const char c : text) {
    const bool is_quote = c == '\'' || c == '"' || c == '\\';
    if (separators.find(c) != std::string_view::npos || (is_quote && quotes == Quotes::separate)) {
      end_word();
    } else if (!is_quote) {
      word += c;
    }
  }
  end_word();
}

}  // namespace

LooseLine cut_loosely(std::string_view line) {
  return LooseLexer(line).cut();
}

std::vector<std::string> loose_words(std::string_view text) {
  std::vector<std::string> out;
  add_words(out, text, Quotes::vanish);
  out.emplace_back();
  add_words(out, text, Quotes::separate);
  return out;
}

}  // namespace errand::policy
