#include "agent/history.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <fmt/format.h>

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

// A note is about as long as this.
constexpr std::size_t least_cleared_bytes = 400;

void clear(chat::ToolResult& result) {
  const auto text = chat::text_of(result.content);
  const auto is_text = [](const auto& block) { return std::holds_alternative<chat::Text>(block); };
  if (text.size() < least_cleared_bytes && std::ranges::all_of(result.content, is_text)) return;
  result.content = {chat::Text{fmt::format(
      "[an older result of {} bytes was cleared to make room; call the tool again if it is needed]", text.size())}};
}

// The ids of a reply's calls whose results are instructions.
std::set<std::string> lasting_calls(const chat::AssistantMessage& reply) {
  std::set<std::string> out;
  for (const auto& call : reply.tool_calls()) {
    if (call.name == "Skill") out.insert(call.id);
  }
  return out;
}

}  // namespace

void clear_results(Conversed& history, std::size_t before) {
  std::set<std::string> lasting;
  for (std::size_t i = 0; i < std::min(before, history.messages.size()); ++i) {
    if (const auto* reply = std::get_if<chat::AssistantMessage>(&history.messages[i])) lasting = lasting_calls(*reply);
    auto* message = std::get_if<chat::ToolMessage>(&history.messages[i]);
    if (message == nullptr) continue;
    for (auto& result : message->results) {
      if (!lasting.contains(result.call_id)) clear(result);
    }
  }
}

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

Conversed continuable(const std::vector<store::StoredMessage>& stored) {
  Conversed out;
  std::optional<OpenReply> open;
  const auto close = [&] {
    if (open && open->has_calls()) out.add(open->close());
    open.reset();
  };
  for (const auto& message : stored) {
    std::visit(overloaded{
                   [&](const chat::UserMessage& user) {
                     close();
                     out.add(user, message.message_id);
                   },
                   [&](const chat::AssistantMessage& reply) {
                     close();
                     auto kept = sendable(reply);
                     if (!kept) return;
                     open.emplace(*kept);
                     out.add(*std::move(kept), message.message_id);
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

Conversed continuable(const store::History& stored, chat::ThinkingStyle style) {
  if (!stored.compaction) return continuable(stored.messages);
  const auto kept = std::ranges::find(stored.messages, stored.compaction->kept_from, &store::StoredMessage::message_id);
  if (kept == stored.messages.end()) return continuable(stored.messages);
  Conversed out;
  if (!stored.compaction->summary.empty()) out.add(summary_message(stored.compaction->summary));
  const auto opening = out.messages.size();
  auto rest = continuable(std::vector<store::StoredMessage>(kept, stored.messages.end()));
  for (std::size_t i = 0; i < rest.messages.size(); ++i) out.add(std::move(rest.messages[i]), std::move(rest.ids[i]));
  const auto& cleared = stored.compaction->cleared_before;
  const auto uncleared = std::ranges::find(out.ids, cleared);
  if (!cleared.empty() && uncleared != out.ids.end()) {
    clear_results(out, static_cast<std::size_t>(uncleared - out.ids.begin()));
    out.cleared_before = cleared;
  }
  const auto later = stored.messages.begin() + static_cast<std::ptrdiff_t>(stored.compaction->messages_before);
  if (later <= kept) return out;
  const auto older = continuable(std::vector<store::StoredMessage>(kept, later));
  strip_thinking(out, opening + older.messages.size(), style);
  return out;
}

void strip_thinking(Conversed& history, std::size_t count, chat::ThinkingStyle style) {
  if (style == chat::ThinkingStyle::budget) return;
  for (std::size_t i = 0; i < std::min(count, history.messages.size()); ++i) {
    auto* reply = std::get_if<chat::AssistantMessage>(&history.messages[i]);
    if (reply == nullptr) continue;
    std::erase_if(reply->content, [](const auto& block) { return std::holds_alternative<chat::Thinking>(block); });
  }
}

chat::UserMessage summary_message(const std::string& summary) {
  return {{chat::Text{summary}}};
}

}  // namespace errand::agent
