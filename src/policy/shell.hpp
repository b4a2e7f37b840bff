#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace errand::policy {

/// A command of simple words: no expansion, substitution, redirection or assignment.
struct SimpleCommand {
  std::vector<std::string> words;
  bool operator==(const SimpleCommand&) const = default;
};

/// Takes a command line apart at && || ; | |& and newline, as `bash -c` would. nullopt when it holds anything this does
/// not know for certain: variables, substitutions, globs and braces in any word (a file's name can look like an
/// option), '~' where it may expand, redirections, here-documents, background &, groups, '!', keywords (but `time`),
/// assignments, unbalanced quotes, bytes that are no UTF-8, control and invisible characters. Nothing unknown is ever
/// taken for simple. A line of blanks and comments is no command at all.
std::optional<std::vector<SimpleCommand>> parse_command_line(std::string_view line);

/// Whether `word` is an assignment where a command would stand: NAME=…, NAME+=…
[[nodiscard]] bool is_assignment(std::string_view word);

/// The words as one command line that parse_command_line() takes apart into them again.
std::string quote_words(std::span<const std::string> words);

}  // namespace errand::policy
