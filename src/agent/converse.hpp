#pragma once

#include <optional>
#include <string>

#include "agent/agent.hpp"
#include "agent/reporter.hpp"
#include "agent/run_tree.hpp"
#include "agent/session.hpp"
#include "base/call.hpp"

namespace errand::agent {

/// How a conversation with a model ended, root's or subagent's.
struct Outcome {
  std::string text;                       ///< of the last reply, also when it was cut; the JSON of one that follows the
                                          ///< definition's output_schema
  std::optional<std::string> structured;  ///< that JSON
  std::optional<chat::StopReason> stop;   ///< the last reply's; none when there was no reply
  int turns = 0;
  std::optional<Error> error;   ///< why there is no whole answer
  bool ended_by_reply = false;  ///< nothing cut the run: its last reply is what is wrong
  bool denied_last = false;     ///< a call was denied and none after it succeeded
  Spent spent;                  ///< this agent's own, without its subagents

  /// The last reply's stop reason, also where that is the error (`refusal`), or the error.kind that cut the run.
  [[nodiscard]] std::string stop_reason() const;
};

/// The turn loop: asks the model, runs the tools its reply calls, until a reply calls none. The user's message is the
/// last of `session.history`. Everything is kept before the next step depends on it; after any end, cancel included,
/// the history is valid for the next request.
Outcome converse(Agent& agent, Session& session, RunTree& tree, Reporter& reporter, const Call& call);

}  // namespace errand::agent
