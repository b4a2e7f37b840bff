#pragma once

#include <functional>

#include "agent/agent.hpp"
#include "agent/services.hpp"
#include "agent/session.hpp"
#include "base/call.hpp"
#include "chat/message.hpp"

namespace errand::agent {

/// Puts to the model what the first request of a run would hold, with the run's limits, and does nothing else: no
/// event, no hook, nothing kept. What the model answers is dropped, so it is one that sends nothing. What it can't take
/// of the request goes to `warn`. Fails with `limit` where the run could not ask, and with what Provider::stream()
/// fails with.
Result<void> rehearse(Agent& agent, Session& session, const chat::UserMessage& prompt, const Services& services,
                      const std::function<void(const chat::event::Warning&)>& warn, const Call& call);

}  // namespace errand::agent
