#pragma once

#include <optional>
#include <vector>

#include "chat/message.hpp"
#include "chat/model.hpp"
#include "store/session_store.hpp"

namespace errand::agent {

/// A conversation in the order it is sent, with the ids it is stored under.
struct Conversed {
  std::vector<chat::Message> messages;
  std::vector<std::string> ids;  ///< one for each message; empty for results, which are stored one by one
  std::string cleared_before{};  ///< the message up to which older results were cleared; empty: none were

  void add(chat::Message message, std::string id = {}) {
    messages.push_back(std::move(message));
    ids.push_back(std::move(id));
  }
};

/// The conversation as the next request needs it, from what was stored, whatever stopped the last run: results stand
/// right after the reply that made their calls and in its order, a call without result gets one that says it was
/// interrupted, a result without call is left out, and a cut reply keeps only what can be sent back. Deterministic, so
/// that the same store gives the same bytes.
Conversed continuable(const std::vector<store::StoredMessage>& stored);

/// The same under the newest compaction, for a model of that kind: what stands before `kept_from` is the summary. The
/// same as the session that was compacted has it: what came later stays whole. A compaction that keeps from a message
/// nobody has counts as none.
Conversed continuable(const store::History& stored, chat::ThinkingStyle style);

/// What a compaction does to the messages that it keeps, the first `count`: replies lose their thinking, which may be
/// bound to the conversation that stood before it, and would be refused when that has changed. Models with a thinking
/// budget want theirs back within a tool loop.
void strip_thinking(Conversed& history, std::size_t count, chat::ThinkingStyle style);

/// Puts a note in place of each tool result before message `before` that is long enough to be worth it; a skill's text
/// stays, for it is instructions. The same history gives the same bytes, also when some were cleared already.
void clear_results(Conversed& history, std::size_t before);

/// The summary as the message that opens a compacted conversation.
chat::UserMessage summary_message(const std::string& summary);

/// What of a reply can be sent back to a model: a cut one loses the blocks that would be refused (thinking without its
/// signature). nullopt when nothing is left.
std::optional<chat::AssistantMessage> sendable(chat::AssistantMessage reply);

/// The result of a call that never got one.
chat::ToolResult interrupted_result(const chat::ToolCall& call);

}  // namespace errand::agent
