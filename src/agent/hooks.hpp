#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/hook_answer.hpp"
#include "base/call.hpp"
#include "base/json_fwd.hpp"
#include "chat/agent.hpp"
#include "chat/hook.hpp"
#include "policy/policy.hpp"
#include "sandbox/policy.hpp"
#include "sandbox/sandbox.hpp"

namespace errand::agent {

/// Where an agent's hooks run, and what each is told of it.
struct HookPlace {
  sandbox::SandboxPolicy policy;  ///< the agent's own: hooks touch what its commands may touch
  policy::Roots roots;
  std::vector<std::pair<std::string, std::string>> env;  ///< the variables a hook's command may name as ${NAME}
  std::string session;
  std::string cwd;  ///< the agent's
  /// What holds when an event comes: an approved plan changes it. May be called from any thread.
  std::function<chat::PermissionMode()> mode = [] { return chat::PermissionMode::ask; };
  std::string agent_id;    ///< empty for the root agent
  std::string agent_type;  ///< likewise
  /// What tells a hook of the trace it belongs to, asked for each time. May be empty; called from any thread.
  std::function<std::vector<std::pair<std::string, std::string>>()> span_variables{};
};

/// What an event is about.
struct HookSubject {
  std::string_view matched;                 ///< what matchers look at: the tool, the source, the reason …
  const policy::CallFacts* call = nullptr;  ///< for `if`; null where there is no call
  std::string_view left_out = {};           ///< the command of a hook that is not asked
};

/// The hooks of one agent on one session. Immutable; safe to call from several threads at once.
class Hooks {
 public:
  Hooks() = default;  ///< none

  /// The hooks were checked when they were read; `sandbox` is borrowed.
  Hooks(const std::vector<chat::Hook>& hooks, HookPlace place, const sandbox::Sandbox& sandbox);

  [[nodiscard]] bool has(chat::HookEvent event) const;

  /// Runs those that want to hear of it, together, each command once, and waits for all. `fields` is what the event
  /// tells beside the fields of all events. They run in the sandbox, with the workspace as working directory. One
  /// that can't be run, takes too long or writes too much is a failed_hook(); one cut by the end of `call` says
  /// nothing.
  HookOutcome run(chat::HookEvent event, const HookSubject& subject, const Json& fields, const Call& call) const;

 private:
  struct Ready {
    chat::Hook hook;
    chat::HookEvent event = chat::HookEvent::pre_tool_use;
    chat::HookMatcher matches;
    std::vector<chat::Rule> condition;                     // one, or none
    std::vector<std::pair<std::string, std::string>> env;  // what its command names
    std::string name;                                      // for people
  };

  [[nodiscard]] std::vector<const Ready*> matching(chat::HookEvent event, const HookSubject& subject) const;
  [[nodiscard]] bool fits(const Ready& ready, const HookSubject& subject) const;
  [[nodiscard]] std::string standard_input(chat::HookEvent event, const Json& fields) const;
  [[nodiscard]] HookOutcome run_one(const Ready& ready, const std::string& input, const Call& call) const;
  [[nodiscard]] Result<HookOutcome> start(const Ready& ready, const std::string& input, const Call& call) const;

  std::vector<Ready> hooks_;
  HookPlace place_;
  const sandbox::Sandbox* sandbox_ = nullptr;
};

}  // namespace errand::agent
