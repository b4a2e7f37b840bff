#include "agent/session.hpp"

#include <ranges>

#include "agent/history.hpp"
#include "base/json.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"
#include "tool/todos.hpp"

namespace errand::agent {

namespace {

Result<Session> open_leased(store::SessionStore& store, store::SessionInfo info) {
  Session session;
  ERRAND_TRY_ASSIGN(session.lease, store.lease(info.id));
  ERRAND_TRY_ASSIGN(session.files_directory, store.files_directory(info.id));
  session.info = std::move(info);
  return session;
}

}  // namespace

std::vector<chat::event::TodoItem> newest_todos(const std::vector<store::StoredMessage>& messages) {
  for (const auto& message : std::views::reverse(messages)) {
    const auto* reply = std::get_if<chat::AssistantMessage>(&message.body);
    if (reply == nullptr) continue;
    const auto calls = reply->tool_calls();
    for (const auto& call : std::views::reverse(calls)) {
      if (call.name != "TodoWrite") continue;
      const auto input = chat::parse_arguments(call.arguments);
      return input ? tool::todo_items(*input) : std::vector<chat::event::TodoItem>{};
    }
  }
  return {};
}

Result<Session> create_session(store::SessionStore& store, const store::NewSession& start) {
  ERRAND_TRY_ASSIGN(auto info, store.create(start));
  return open_leased(store, std::move(info));
}

Result<Session> resume_session(store::SessionStore& store, const store::SessionInfo& info, chat::ThinkingStyle style) {
  ERRAND_TRY_ASSIGN(auto session, open_leased(store, info));
  // Read after the lease is ours: what the holder before wrote last is in it.
  ERRAND_TRY_ASSIGN(const auto stored, store.read_history(info.id));
  session.history = continuable(stored, style);
  session.state->todos.with([&](auto& todos) { todos = newest_todos(stored.messages); });
  session.damaged = stored.damaged;
  session.resumed = true;
  return session;
}

}  // namespace errand::agent
