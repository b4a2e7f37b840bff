#pragma once

#include <vector>

#include "agent/dispatch.hpp"
#include "policy/policy.hpp"
#include "sandbox/workspace.hpp"

namespace errand::agent {

/// A call as the permissions and its tool see it.
struct Looked {
  policy::CallFacts facts;
  std::vector<sandbox::Resolved> targets;
  sandbox::Leave leave = sandbox::Leave::roots_only;
};

/// Resolves the paths of a call that was not refused. Fails with the sentence for the model where that can't be done.
Result<Looked> look_at(const PlannedCall& plan, const Agent& agent);

/// The same paths as Read would touch them.
policy::CallFacts as_reading(const std::vector<sandbox::Resolved>& targets);

}  // namespace errand::agent
