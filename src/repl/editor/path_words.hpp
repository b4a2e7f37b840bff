#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace errand::repl {

/// How a path stands in a line: as all of it, as a shell reads words, or behind an '@', in quotes where it has blanks.
enum class PathForm { whole, shell, at };

/// A path that is being typed.
struct PathWord {
  std::size_t from = 0;  ///< where it begins in the line, with its '@'
  std::string typed;     ///< without quotes and backslashes
};

/// The word at the end of `line`, as a shell has it.
[[nodiscard]] PathWord shell_word_at_end(std::string_view line);

/// The path behind an '@' at the end of `line`: `@path`, or `@"path with blanks` whose quotes are still open. nullopt:
/// there is none.
[[nodiscard]] std::optional<PathWord> at_path_at_end(std::string_view line);

/// `path` as it has to stand in a line. One of a file ends with a blank, for the next word; one of a directory (with
/// '/' at its end) does not. nullopt: it can't stand there.
[[nodiscard]] std::optional<std::string> in_form(std::string_view path, PathForm form);

}  // namespace errand::repl
