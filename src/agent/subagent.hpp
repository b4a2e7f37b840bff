#pragma once

#include <memory>
#include <vector>

#include "agent/agent.hpp"
#include "agent/run_tree.hpp"
#include "agent/session.hpp"
#include "base/sync.hpp"
#include "chat/agent.hpp"
#include "chat/tool_spec.hpp"
#include "store/session_store.hpp"
#include "tool/tool.hpp"

namespace errand::agent {

/// What subagents added to their parent's bill since it was last looked at. Thread-safe.
using ChildTotals = Sync<store::Totals>;

/// Task as the model is told of it: which subagents there are. Byte-stable for the same list.
chat::ToolSpec task_spec(const std::vector<chat::AgentDefinition>& subagents);

/// Task for one agent: each call runs a subagent in a session of its own, a child of `session`, and returns its last
/// reply. All references are borrowed and must outlive the tool.
std::unique_ptr<tool::Tool> make_task_tool(const Agent& parent, const Session& session, RunTree& tree,
                                           ChildTotals& totals);

}  // namespace errand::agent
