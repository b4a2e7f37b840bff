#include "agent/history.hpp"

#include <algorithm>

#include "base/overloaded.hpp"

namespace errand::agent {

namespace {

// The results of the newest reply, filled as they come and closed when anything else does.
class OpenReply {
 public:
  explicit OpenReply(const chat::AssistantMessage& reply) : calls_(reply.tool_calls()), results_(calls_.size()) {}

  void take(const chat::ToolResult& result) {
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      if (calls_[i].id == result.call_id && !results_[i]) {
        results_[i] = result;
        return;
      }
    }
  }

  [[nodiscard]] bool has_calls() const { return !calls_.empty(); }

  [[nodiscard]] chat::ToolMessage close() const {
    chat::ToolMessage message;
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      message.results.push_back(results_[i] ? *results_[i] : interrupted_result(calls_[i]));
    }
    return message;
  }

 private:
  std::vector<chat::ToolCall> calls_;
  std::vector<std::optional<chat::ToolResult>> results_;
};

}  // namespace

chat::ToolResult interrupted_result(const chat::ToolCall& call) {
  return {call.id,
          {chat::Text{"interrupted: the run ended before this call had a result; it may or may not have taken effect"}},
          true};
}

std::optional<chat::AssistantMessage> sendable(chat::AssistantMessage reply) {
  if (reply.stop == chat::StopReason::cancelled) {
    std::erase_if(reply.content, [](const chat::AssistantBlock& block) {
      return std::holds_alternative<chat::Thinking>(block) || std::holds_alternative<chat::Native>(block);
    });
  }
  if (reply.content.empty()) return std::nullopt;
  return reply;
}

std::vector<chat::Message> continuable(const std::vector<store::StoredMessage>& stored) {
  std::vector<chat::Message> out;
  std::optional<OpenReply> open;
  const auto close = [&] {
    if (open && open->has_calls()) out.emplace_back(open->close());
    open.reset();
  };
  for (const auto& message : stored) {
    std::visit(overloaded{
                   [&](const chat::UserMessage& user) {
                     close();
                     out.emplace_back(user);
                   },
                   [&](const chat::AssistantMessage& reply) {
                     close();
                     auto kept = sendable(reply);
                     if (!kept) return;
                     open.emplace(*kept);
                     out.emplace_back(*std::move(kept));
                   },
                   [&](const chat::ToolResult& result) {
                     if (open) open->take(result);
                   },
               },
               message.body);
  }
  close();
  return out;
}

}  // namespace errand::agent
