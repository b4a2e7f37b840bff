#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "config/configuration.hpp"

namespace errand::config {

/// A prompt that a person keeps in a Markdown file and asks for by its name, `/NAME`. The format is Claude Code's for
/// custom commands; of the front matter, `description` and `argument-hint` count.
struct PromptCommand {
  std::string name;           ///< of the file; "group:name" for one in a directory
  std::string description;    ///< may be empty
  std::string argument_hint;  ///< "[file]"; may be empty
  std::string path;           ///< absolute
  bool operator==(const PromptCommand&) const = default;
};

/// Those of the user's `commands` directory and of the project's `.agents/commands` and `.claude/commands`, by name;
/// the project's hide the user's. One directory deep, at most 500. A file that leads out of the project through a link,
/// or whose name is no word of letters, digits, '-', '_' and '.', is none.
std::vector<PromptCommand> find_prompt_commands(const Configuration& config);

/// The file's text behind the front matter, with the argument filled in: `$ARGUMENTS` is all of it, `$0`, `$1` … and
/// `$ARGUMENTS[0]` … its words, parted as a shell parts them, nothing where there is no such word; `\$` is a dollar.
/// Without any of these the argument stands in a line of its own at the end. `config` when the file can't be read.
Result<std::string> expand(const PromptCommand& command, std::string_view argument);

/// The same for a text at hand.
std::string fill_in(std::string_view text, std::string_view argument);

}  // namespace errand::config
