#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/services.hpp"
#include "chat/agent.hpp"
#include "chat/event.hpp"
#include "sandbox/workspace.hpp"

namespace errand::agent {

/// What an agent's own tools may read: its sandbox, and its rules for Read.
struct Reading {
  const sandbox::Workspace& files;
  std::function<bool(std::string_view absolute_path)> may_read = {};  ///< empty: everything that `files` opens
};

/// The files of instructions that stand in the prompt (AGENTS.md …): the user's own first, then the project's from its
/// root down to the working directory, so that the nearer has the last word; each followed by what it imports.
///
/// An import is `@path` at the start of a word, outside of code: relative to the importing file, absolute, or from `~`;
/// five deep at most, each file once. Files are read as the agent's tools read: what is refused, or can't be read, is
/// left out, and `warnings` gets why. An import that names no file is text.
std::string context_section(const chat::AgentDefinition& agent, const Surroundings& surroundings,
                            const Reading& reading, std::vector<chat::event::Warning>& warnings);

/// What the agent's rules for Read leave of files. A rule without a path takes the tool away, and says nothing of
/// files.
std::function<bool(std::string_view absolute_path)> context_reader(const chat::AgentDefinition& agent,
                                                                   const policy::Roots& roots);

/// The text with what could end or begin a frame of the prompt made harmless ("&lt;/memory").
std::string without_frames(std::string text);

/// The paths that a text imports, as written, in order.
std::vector<std::string> imports_in(std::string_view text);

}  // namespace errand::agent
