#pragma once

#include <string>
#include <vector>

#include "base/id.hpp"
#include "store/session_store.hpp"

namespace errand::test {

/// Seconds after a fixed moment, so that order and age are the test's own.
inline Timestamp at(int seconds) {
  return Timestamp(std::chrono::milliseconds(1'900'000'000'000)) + std::chrono::seconds(seconds);
}

inline store::NewSession a_session() {
  return {"helper", "sha256:1", "scripted/x", "/home/a/a", "/home/a/a/src", "ask", "count the files", "", ""};
}

inline chat::Event event_of(const std::string& session, int seconds, chat::EventBody body) {
  return {0, session, "run-1", "root", at(seconds), std::move(body)};
}

inline chat::Event user_says(const std::string& session, int seconds, const std::string& id, const std::string& text) {
  return event_of(session, seconds, chat::event::User{id, {{chat::Text{text}}}});
}

inline chat::Event assistant_says(const std::string& session, int seconds, const std::string& id,
                                  const std::string& text) {
  chat::AssistantMessage message{{chat::Text{text}}, "m-1", chat::StopReason::end_turn, {10, 5, 3, 2, 1}};
  return event_of(session, seconds, chat::event::Assistant{id, std::move(message), 0.5});
}

inline chat::Event warns(const std::string& session, int seconds, const std::string& message) {
  return event_of(session, seconds, chat::event::Warning{"w", message});
}

inline store::RunStart a_run(const std::string& session, int seconds) {
  return {make_uuid7(at(seconds)), session, "helper", "sha256:1", "tty", {"run", "count"}, at(seconds)};
}

inline store::RunEnd end_of(const store::RunStart& run, int seconds, const std::string& error_kind = "") {
  return {run.id, run.session, error_kind.empty() ? 0 : 1, error_kind, "end_turn", 1, {10, 5, 0, 0, 0},
          0.5,    at(seconds)};
}

inline std::vector<std::string> ids_of(const std::vector<store::SessionInfo>& sessions) {
  std::vector<std::string> out;
  for (const auto& session : sessions) out.push_back(session.id);
  return out;
}

inline std::vector<std::string> message_ids(const std::vector<store::StoredMessage>& messages) {
  std::vector<std::string> out;
  for (const auto& message : messages) out.push_back(message.message_id);
  return out;
}

}  // namespace errand::test
