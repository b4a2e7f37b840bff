#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace errand::policy {

/// A command of simple words: no expansion, substitution, redirection or assignment.
struct SimpleCommand {
  std::vector<std::string> words;
  bool operator==(const SimpleCommand&) const = default;
};

/// Takes a command line apart at && || ; | and newline. nullopt when it holds anything this does not know for certain:
/// variables, substitutions, globs that reach a command word, redirections, here-documents, background &, groups,
/// keywords, assignments, unbalanced quotes. Nothing unknown is ever taken for simple.
std::optional<std::vector<SimpleCommand>> parse_command_line(std::string_view line);

}  // namespace errand::policy
