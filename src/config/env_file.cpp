#include "config/env_file.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "config/definition_reader.hpp"

namespace errand::config {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

class Parser {
 public:
  Parser(std::string_view text, const std::string& file) : rest_(text), file_(file) {}

  EnvText run() {
    if (rest_.starts_with(byte_order_mark)) rest_.remove_prefix(byte_order_mark.size());
    while (!rest_.empty()) assignment();
    return std::move(out_);
  }

 private:
  void assignment() {
    const auto line = text::trim(rest_.substr(0, rest_.find('\n')));
    if (line.empty() || line.front() == '#') return skip_line();
    const Location where{file_, line_, 1};
    skip_blanks();
    if (rest_.starts_with("export ") || rest_.starts_with("export\t")) rest_.remove_prefix(7);
    skip_blanks();
    const auto end = rest_.find_first_of("=\n");
    const bool assigns = end != std::string_view::npos && rest_[end] == '=';
    const auto name = text::trim(rest_.substr(0, end));
    if (!assigns || !is_variable_name(name)) return malformed(where);
    rest_.remove_prefix(end + 1);
    skip_blanks();
    auto value = read_value();
    if (!value) return malformed(where);
    out_.variables.push_back({std::string(name), *std::move(value), where});
  }

  std::optional<std::string> read_value() {
    if (rest_.starts_with('\'')) return single_quoted();
    if (rest_.starts_with('"')) return double_quoted();
    auto value = rest_.substr(0, rest_.find('\n'));
    const auto comment = std::min(value.find(" #"), value.find("\t#"));
    if (value.starts_with('#')) value = {};
    std::string out(text::trim(value.substr(0, comment)));
    skip_line();
    return out;
  }

  std::optional<std::string> single_quoted() {
    const auto end = rest_.find('\'', 1);
    if (end == std::string_view::npos) return std::nullopt;
    std::string out(rest_.substr(1, end - 1));
    return finish_quoted(std::move(out), end + 1);
  }

  std::optional<std::string> double_quoted() {
    std::string out;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '"') return finish_quoted(std::move(out), i + 1);
      if (rest_[i] == '\\' && i + 1 < rest_.size()) {
        add_escape(rest_[++i], out);
      } else {
        out += rest_[i];
      }
    }
    return std::nullopt;
  }

  static void add_escape(char c, std::string& out) {
    switch (c) {
      case 'n':
        out += '\n';
        return;
      case 'r':
        out += '\r';
        return;
      case 't':
        out += '\t';
        return;
      case '"':
      case '\\':
      case '$':
        out += c;
        return;
      default:
        out += '\\';
        out += c;
    }
  }

  // Behind a closing quote only a comment may follow.
  std::optional<std::string> finish_quoted(std::string value, std::size_t length) {
    line_ += static_cast<int>(std::ranges::count(rest_.substr(0, length), '\n'));
    rest_.remove_prefix(length);
    const auto behind = text::trim(rest_.substr(0, rest_.find('\n')));
    if (!behind.empty() && behind.front() != '#') return std::nullopt;
    skip_line();
    return value;
  }

  void malformed(const Location& where) {
    out_.malformed.push_back(where);
    skip_line();
  }

  void skip_blanks() {
    const auto at = rest_.find_first_not_of(" \t");
    rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at);
  }

  void skip_line() {
    const auto newline = rest_.find('\n');
    rest_.remove_prefix(newline == std::string_view::npos ? rest_.size() : newline + 1);
    ++line_;
  }

  std::string_view rest_;
  std::string file_;
  int line_ = 1;
  EnvText out_;
};

}  // namespace

EnvText parse_env(std::string_view text, const std::string& file) {
  return Parser(text, file).run();
}

}  // namespace errand::config
