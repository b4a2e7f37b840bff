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

/// What xargs runs over and over.
struct Feeding {
  std::span<const std::string> words;  ///< the command with what is there of its arguments; may be empty
  std::string replaced;                ///< stands in them for the input; empty: the input is appended
};

/// The command behind xargs and its options, unknown ones taken for flags. For deny and ask rules.
Feeding fed_by_xargs(std::span<const std::string> words);

/// The name a command is known by: without its directories.
std::string_view command_name(std::string_view word);

/// Whether the command may run what its arguments say, in a way unwrap() does not know: shells, interpreters, `find
/// -exec`, ssh …
[[nodiscard]] bool runs_its_arguments(std::span<const std::string> words);

/// Whether the command's arguments are only ever data to it: echo, ls, `git commit` …
[[nodiscard]] bool takes_only_data(std::span<const std::string> words);

[[nodiscard]] bool is_awk(std::string_view name);

/// Whether a runner hands text among its arguments to a shell (`flock f -c '…'`, trap, ssh …).
[[nodiscard]] bool has_shell_text(std::string_view name);

/// Whether the command takes commands or a program from its input.
[[nodiscard]] bool reads_commands(std::span<const std::string> words);

/// Whether `text` holds what a shell that reads it would expand: `$x`, `$(…)`, backticks. The regular expression
/// "x$" and the address "$d" of sed do not.
[[nodiscard]] bool holds_expansion(std::string_view text);

/// Whether a variable of that name makes another program run what it holds.
[[nodiscard]] bool is_run_variable(std::string_view name);

/// bash, sh and their like, which take a script with -c or from their input.
[[nodiscard]] bool is_shell(std::string_view name);

/// alias, set, `printf -v` …: what follows them in the same line may not mean what it says.
[[nodiscard]] bool changes_the_shell(std::span<const std::string> words);

/// Whether a builtin of that kind runs code in its words: `test -v 'a[$(x)]'`, `readarray -C x`.
[[nodiscard]] bool evaluates_its_words(std::span<const std::string> words);

}  // namespace errand::policy
