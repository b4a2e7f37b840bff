#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "agent/agent.hpp"
#include "agent/services.hpp"
#include "base/call.hpp"
#include "tool/tool.hpp"

namespace errand::agent {

enum class Confinement {
  sandboxed,  ///< as the agent's own commands
  none,       ///< as with `--sandbox off`
};

/// A command that the person typed in a chat.
struct PersonCommand {
  std::string command;
  Confinement where = Confinement::sandboxed;
};

/// What it came to.
struct PersonCommandResult {
  std::string text;  ///< output and how it ended, harmless and without secrets
  std::string rest;  ///< what of it `on_output` was not told: how it ended
  bool failed = false;
};

/// Runs it with the agent's Bash: in its sandbox, from where its last command ended, without a time limit of its own.
/// The person's word is leave enough, whatever the mode; `denied` when a rule denies it. `on_output` is told of output
/// as it comes, harmless, on another thread, and not after this returned. A command that fails, or was stopped, is a
/// result.
Result<PersonCommandResult> run_for_person(const PersonCommand& wanted, const Agent& agent, tool::SessionState& state,
                                           const Services& services,
                                           const std::function<void(std::string_view text)>& on_output,
                                           const Call& call);

/// The same as the model is told of it.
std::string told_to_model(const PersonCommand& command, const PersonCommandResult& result);

}  // namespace errand::agent
