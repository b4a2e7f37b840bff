#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace errand::policy {

/// Whether the command behind a wrapper is the same one it would be without it.
enum class Meaning {
  same,
  more_arguments,  ///< words from somewhere else are appended (xargs)
  changed,         ///< another user or environment: what allows the command alone does not allow this
};

struct Unwrapped {
  std::span<const std::string> words;  ///< part of what was given; not empty
  Meaning meaning = Meaning::same;
};

/// The command that `timeout 5 make` and its like run (timeout, env, nice, nohup, xargs, stdbuf, time, sudo, command,
/// exec, builtin), one layer taken off. nullopt for anything else and for options this does not know for certain.
std::optional<Unwrapped> unwrap(std::span<const std::string> words);

/// The name a command is known by: without its directories.
std::string_view command_name(std::string_view word);

/// Whether the command may run what its arguments say, in a way unwrap() does not know: shells, interpreters, `find
/// -exec`, ssh …
[[nodiscard]] bool runs_its_arguments(std::span<const std::string> words);

/// Whether the command's arguments are only ever data to it: echo, ls, `git commit` …
[[nodiscard]] bool takes_only_data(std::span<const std::string> words);

/// bash, sh and their like, which take a script with -c or from their input.
[[nodiscard]] bool is_shell(std::string_view name);

/// alias, set, export …: what follows them in the same line may not mean what it says.
[[nodiscard]] bool changes_the_shell(std::string_view name);

}  // namespace errand::policy
