#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/agent.hpp"
#include "agent/reporter.hpp"
#include "agent/run_tree.hpp"
#include "agent/session.hpp"
#include "base/json_fwd.hpp"
#include "tool/tool.hpp"

namespace errand::agent {

/// A call as it was read: known and valid, or with the sentence that says why not.
struct PlannedCall {
  chat::ToolCall call;
  tool::Tool* tool = nullptr;  ///< null when refused
  std::shared_ptr<const Json> input;
  std::string refusal;  ///< for the model; empty when the call may be decided upon
  std::string summary;  ///< one line for people
};

/// Finds the tool, parses and checks the arguments. Nothing runs.
std::vector<PlannedCall> plan_calls(const std::vector<chat::ToolCall>& calls, const std::vector<tool::Tool*>& tools);

/// What the permissions say of a call. Nothing is asked, nothing runs. Fails with `failure` when it is refused already.
Result<policy::Decision> decide(const PlannedCall& plan, const Agent& agent);

/// The parties of one dispatch.
struct DispatchScope {
  Agent& agent;
  Session& session;
  RunTree& tree;
  Reporter& reporter;
};

/// How a reply's calls came out, in call order.
struct Dispatched {
  chat::ToolMessage message;
  bool denied_last = false;  ///< a call was denied and none after it succeeded
  bool succeeded = false;    ///< at least one call succeeded
  bool ended_by_hook = false;
};

/// Hears hooks, decides, asks where needed, runs what is allowed (parallel-safe calls together, others alone), keeps
/// and reports each result as it comes. Every call has a result, also after a stop. An Error ends the run: `storage` or
/// `internal`.
Result<Dispatched> dispatch(const std::vector<PlannedCall>& calls, const DispatchScope& scope, const Call& call);

/// Results for calls that are not run at all, kept and reported: `why` is told to the model.
Result<chat::ToolMessage> refuse_all(const std::vector<PlannedCall>& calls, const DispatchScope& scope,
                                     const std::string& why);

}  // namespace errand::agent
