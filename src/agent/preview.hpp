#pragma once

#include <string>

#include "agent/agent.hpp"
#include "agent/dispatch.hpp"
#include "base/secrets.hpp"
#include "policy/policy.hpp"
#include "tool/tool.hpp"

namespace errand::agent {

/// Whether what an earlier call of a reply does may change what a later one finds: all are decided upon before one
/// runs.
bool may_change(const policy::CallFacts& earlier, const policy::CallFacts& later);

/// What a call would do to a file, for the person who is asked about it: a unified diff with its header, harmless and
/// without `secrets`; empty where there is none to show. Fails with the sentence for the model where the call can't
/// work as things are, so that nobody need be asked; what the model may not read without being asked fails nothing.
Result<std::string> preview_of(const PlannedCall& plan, const tool::Context& context, const Agent& agent,
                               const secrets::Redactor& secrets);

}  // namespace errand::agent
