#include "repl/editor/path_words.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/file.hpp"

namespace errand::repl {

namespace {

constexpr std::string_view blanks = " \t\n";

bool is_blank(char c) {
  return blanks.find(c) != std::string_view::npos;
}

// Nobody reads a '~' where no shell does.
std::string with_home(std::string_view path) {
  const char* home = std::getenv("HOME");
  return home != nullptr && path.starts_with("~/") ? join_path(home, path.substr(2)) : std::string(path);
}

std::string for_shell(std::string_view path) {
  constexpr std::string_view special = " \t\\\"'`$&|;<>()[]{}*?!#~";
  std::string out;
  // A '~' before the first '/' is the home directory.
  const bool at_home = path.starts_with("~/");
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (special.find(path[i]) != std::string_view::npos && !(at_home && i == 0)) out += '\\';
    out += path[i];
  }
  return out;
}

}  // namespace

PathWord shell_word_at_end(std::string_view line) {
  PathWord out;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == 0 && is_blank(c)) {
      out = {.from = i + 1, .typed = {}};
    } else if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      out.typed += line[++i];
    } else {
      out.typed += c;
    }
  }
  return out;
}

std::optional<PathWord> at_path_at_end(std::string_view line) {
  for (std::size_t i = 0; i < line.size();) {
    const bool begins_word = i == 0 || is_blank(line[i - 1]) || line[i - 1] == '(';
    if (!begins_word || line[i] != '@') {
      ++i;
      continue;
    }
    const bool quoted = line.substr(i + 1).starts_with('"');
    const auto path = i + (quoted ? 2 : 1);
    const auto end = quoted ? line.find('"', path) : line.find_first_of(blanks, path);
    if (end == std::string_view::npos) return PathWord{.from = i, .typed = std::string(line.substr(path))};
    i = end + 1;
  }
  return std::nullopt;
}

std::optional<std::string> in_form(std::string_view path, PathForm form) {
  const bool has_controls = std::ranges::any_of(path, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (has_controls) return std::nullopt;
  const bool is_file = !path.ends_with('/');
  if (form == PathForm::whole) return with_home(path);
  if (form == PathForm::shell) return for_shell(path) + (is_file ? " " : "");
  if (path.find_first_of(" \t") == std::string_view::npos) return "@" + std::string(path) + (is_file ? " " : "");
  if (path.find('"') != std::string_view::npos) return std::nullopt;
  return "@\"" + std::string(path) + (is_file ? "\" " : "");
}

}  // namespace errand::repl
