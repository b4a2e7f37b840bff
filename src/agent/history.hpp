#pragma once

#include <optional>
#include <vector>

#include "chat/message.hpp"
#include "store/session_store.hpp"

namespace errand::agent {

/// The conversation as the next request needs it, from what was stored, whatever stopped the last run: results stand
/// right after the reply that made their calls and in its order, a call without result gets one that says it was
/// interrupted, a result without call is left out, and a cut reply keeps only what can be sent back. Deterministic, so
/// that the same store gives the same bytes.
std::vector<chat::Message> continuable(const std::vector<store::StoredMessage>& stored);

/// What of a reply can be sent back to a model: a cut one loses the blocks that would be refused (thinking without its
/// signature). nullopt when nothing is left.
std::optional<chat::AssistantMessage> sendable(chat::AssistantMessage reply);

/// The result of a call that never got one.
chat::ToolResult interrupted_result(const chat::ToolCall& call);

}  // namespace errand::agent
