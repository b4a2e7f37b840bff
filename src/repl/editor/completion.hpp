#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "repl/editor/file_finder.hpp"
#include "repl/editor/line_session.hpp"

namespace errand::repl {

/// Something that can be named: an agent, a model.
struct Named {
  std::string name;
  std::string note;
};

/// What Tab knows of the chat.
struct CompletionSources {
  std::vector<Named> agents;
  std::vector<Named> models;
  std::vector<Named> servers;                         ///< for /mcp: those of any agent
  std::string directory;                              ///< where `@path` looks
  std::function<std::vector<Named>()> sessions = {};  ///< asked when one is to be named; may be empty
  std::function<std::vector<Named>()> prompts = {};   ///< kept in files, with their '/'; may be empty
  std::function<std::vector<Named>()> printed = {};   ///< tool calls, the newest first, by number; may be empty
  /// What fits as the last of the words of a command line; may be empty.
  std::function<std::vector<Named>(const std::vector<std::string>& words)> words = {};
};

/// Completes slash commands, their arguments, paths in a `!command`, and `@path` anywhere in a prompt.
[[nodiscard]] Completer make_completer(CompletionSources sources);

}  // namespace errand::repl
