#pragma once

#include <chrono>

#include "agent/agent.hpp"
#include "agent/dispatch.hpp"
#include "agent/hooks.hpp"
#include "agent/reporter.hpp"
#include "base/call.hpp"

namespace errand::agent {

/// Who tells hooks of an event, and where what they say to people is kept and told.
struct HookTeller {
  const Agent& agent;
  Reporter& reporter;
  const Call& call;

  /// Fails with `storage` alone, when a notice can't be kept.
  Result<HookOutcome> tell(chat::HookEvent event, const HookSubject& subject, const Json& fields) const;
};

/// PreToolUse.
Result<HookOutcome> tell_before_call(const HookTeller& teller, const PlannedCall& plan, const policy::CallFacts& facts);

/// PreToolUse once more, of a call that a hook changed, for all but the one whose command is `changed_by`.
Result<HookOutcome> tell_of_change(const HookTeller& teller, const PlannedCall& plan, const policy::CallFacts& facts,
                                   const std::string& changed_by);

/// PermissionRequest: the permissions say that the person is to be asked.
Result<HookOutcome> tell_of_request(const HookTeller& teller, const PlannedCall& plan, const policy::CallFacts& facts);

/// Notification: a question is about to be put to the person.
Result<void> tell_of_question(const HookTeller& teller, const PlannedCall& plan);

/// PostToolUse, or PostToolUseFailure for a result that is an error.
Result<HookOutcome> tell_after_call(const HookTeller& teller, const PlannedCall& plan, const policy::CallFacts& facts,
                                    const chat::ToolResult& result, std::chrono::milliseconds duration);

/// Stop, or SubagentStop in a subagent. `again`: it goes on because of such a hook already.
enum class StopHooks { first, again };
Result<HookOutcome> tell_of_stop(const HookTeller& teller, StopHooks which, const std::string& answer);

/// PreCompact, before older turns are summarised because of `reason`, as in compact_started.
Result<HookOutcome> tell_of_compaction(const HookTeller& teller, const std::string& reason);

/// What hooks add to a message or a result: one text for each, marked as theirs.
void add_context(std::vector<chat::UserBlock>& content, chat::HookEvent event, const std::vector<std::string>& context);

}  // namespace errand::agent
