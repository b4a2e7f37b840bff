#include "policy/shell.hpp"

#include <algorithm>
#include <array>

#include "base/unicode.hpp"

namespace errand::policy {

namespace {

// Reserved words of bash(1) where a command may stand. `time` is handled on its own.
constexpr auto keywords = std::to_array<std::string_view>(
    {"!",    "[[",   "]]", "{",   "}",        "case", "coproc", "do",   "done",  "elif",
     "else", "esac", "fi", "for", "function", "if",   "select", "then", "until", "while"});

constexpr bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

constexpr bool is_name_char(char c) {
  return is_name_start(c) || (c >= '0' && c <= '9');
}

enum class Operator { join, newline, separator };  // && || | |& need a command behind them

// Reads one line into simple commands; ok() turns false at the first thing that is not certain.
class Parser {
 public:
  explicit Parser(std::string_view line) : rest_(line) {}

  std::optional<std::vector<SimpleCommand>> parse() {
    while (ok_ && !rest_.empty()) step();
    end_word();
    if (!words_.empty()) end_command();
    if (!ok_ || command_needed_) return std::nullopt;
    return std::move(commands_);
  }

 private:
  void step() {
    const char c = take();
    switch (c) {
      case ' ':
      case '\t':
        return end_word();
      case '\n':
        return end_with(Operator::newline);
      case ';':
        return end_with(Operator::separator);
      case '&':
        if (!skip('&')) return give_up();
        return end_with(Operator::join);
      case '|':
        if (!skip('|')) skip('&');
        return end_with(Operator::join);
      case '#':
        return in_word_ ? add(c) : comment();
      case '\'':
        return single_quoted();
      case '"':
        return double_quoted();
      case '\\':
        return escaped();
      case '~':
        // Expands at the start of a word and behind '=' and ':'; "HEAD~1" is text.
        if (word_.empty() || word_.find_first_of("=:") != std::string::npos) return give_up();
        return add(c);
      default:
        if (std::string_view("$`*?[]{}()<>!").find(c) != std::string_view::npos) return give_up();
        return add(c);
    }
  }

  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  bool skip(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void add(char c) {
    word_ += c;
    in_word_ = true;
  }
  void give_up() { ok_ = false; }

  // A backslash before the newline does not continue a comment.
  void comment() {
    const auto end = rest_.find('\n');
    rest_.remove_prefix(std::min(end, rest_.size()));
  }

  void single_quoted() {
    in_word_ = true;
    const auto end = rest_.find('\'');
    if (end == std::string_view::npos) return give_up();
    word_ += rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
  }

  void double_quoted() {
    in_word_ = true;
    while (!rest_.empty()) {
      const char c = take();
      if (c == '"') return;
      if (c == '$' || c == '`') return give_up();
      if (c != '\\') {
        word_ += c;
      } else if (skip('\n')) {
        continue;
      } else if (!rest_.empty() && std::string_view("$`\"\\").find(rest_.front()) != std::string_view::npos) {
        word_ += take();
      } else {
        word_ += c;
      }
    }
    give_up();
  }

  void escaped() {
    if (rest_.empty()) return give_up();
    if (skip('\n')) return;  // goes on in the next line
    add(take());
  }

  void end_word() {
    if (!in_word_) return;
    words_.push_back(std::move(word_));
    word_.clear();
    in_word_ = false;
  }

  void end_with(Operator op) {
    end_word();
    if (!words_.empty()) {
      end_command();
    } else if (op != Operator::newline) {
      return give_up();
    }
    if (op != Operator::newline) command_needed_ = op == Operator::join;
  }

  void end_command() {
    std::size_t first = 0;
    while (first < words_.size() && words_[first] == "time") {
      ++first;
      if (first < words_.size() && words_[first] == "-p") ++first;
      if (first < words_.size() && words_[first].starts_with('-')) give_up();
    }
    if (first < words_.size()) {
      const auto& name = words_[first];
      const bool is_job = name.starts_with('%');  // "%1" is `fg %1`
      if (is_job || is_assignment(name) || std::ranges::find(keywords, name) != keywords.end()) give_up();
    }
    commands_.push_back({std::move(words_)});
    words_.clear();
    command_needed_ = false;
  }

  std::string_view rest_;
  std::string word_;
  bool in_word_ = false;
  std::vector<std::string> words_;
  std::vector<SimpleCommand> commands_;
  bool command_needed_ = false;
  bool ok_ = true;
};

}  // namespace

std::optional<std::vector<SimpleCommand>> parse_command_line(std::string_view line) {
  if (unicode::sanitize(line) != line) return std::nullopt;
  return Parser(line).parse();
}

bool is_assignment(std::string_view word) {
  if (word.empty() || !is_name_start(word.front())) return false;
  auto name = word.substr(0, word.find('='));
  if (name.size() == word.size()) return false;
  if (name.ends_with('+')) name.remove_suffix(1);
  return std::ranges::all_of(name, is_name_char);
}

std::string quote_words(std::span<const std::string> words) {
  std::string out;
  for (const auto& word : words) {
    if (!out.empty()) out += ' ';
    const bool plain = !word.empty() && std::ranges::all_of(word, [](char c) {
      return is_name_char(c) || std::string_view("-./:,@%+=^").find(c) != std::string_view::npos;
    });
    if (plain) {
      out += word;
      continue;
    }
    out += '\'';
    for (const char c : word) {
      if (c == '\'') {
        out += "'\\''";
      } else {
        out += c;
      }
    }
    out += '\'';
  }
  return out;
}

}  // namespace errand::policy
