#pragma once

#include <string>
#include <vector>

namespace errand::chat {

/// What a tool touches; what the permission modes are about.
enum class Effect {
  none,      ///< nothing outside the conversation (TodoWrite, Skill)
  question,  ///< asks the person (AskUserQuestion, ExitPlanMode)
  read,      ///< reads files
  write,     ///< changes files
  execute,   ///< runs a command
  network,   ///< reaches other hosts
  delegate,  ///< runs a subagent: counts as the calls that makes
};

/// A tool as the model is told of it.
struct ToolSpec {
  std::string name;
  std::string description;
  std::string input_schema;  ///< JSON Schema text, byte-stable
  Effect effect = Effect::none;
  bool parallel_safe = false;  ///< several calls of one reply may run together
  bool operator==(const ToolSpec&) const = default;
};

}  // namespace errand::chat
