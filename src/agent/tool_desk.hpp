#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/services.hpp"
#include "base/call.hpp"
#include "chat/agent.hpp"
#include "chat/event.hpp"
#include "chat/message.hpp"
#include "policy/policy.hpp"
#include "sandbox/policy.hpp"

namespace errand::agent {

/// How one call came out.
struct SingleOutcome {
  chat::ToolResult result;
  std::vector<chat::event::Denial> denials;  ///< not empty: it was denied
};

/// An agent's tools without its model: calls run as they would in one of its runs, under the same permissions, in the
/// same sandbox. What a run keeps goes to `services.store`, which should be a temporary one.
class ToolDesk {
 public:
  /// `services` is borrowed. Fails as open_agent() and create_session() do.
  static Result<std::unique_ptr<ToolDesk>> open(const chat::AgentDefinition& definition, const Services& services,
                                                const Call& call);
  virtual ~ToolDesk() = default;

  /// The names of the tools this agent has here.
  [[nodiscard]] virtual std::vector<std::string> tools() const = 0;

  /// `arguments` as a model would write them: JSON text. A call that is refused or fails is an outcome, not an Error.
  virtual Result<SingleOutcome> run(const std::string& tool, const std::string& arguments, const Call& call) = 0;

  /// What the permissions say of it; nothing runs. Fails with `failure` when the call is refused before that.
  virtual Result<policy::Decision> decide(const std::string& tool, const std::string& arguments) = 0;

  /// What the agent's commands may touch, and where they start.
  [[nodiscard]] virtual const sandbox::SandboxPolicy& sandbox_policy() const = 0;
  [[nodiscard]] virtual const std::string& cwd() const = 0;
};

}  // namespace errand::agent
