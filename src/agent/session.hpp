#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/grants.hpp"
#include "agent/history.hpp"
#include "chat/message.hpp"
#include "store/session_store.hpp"
#include "tool/tool.hpp"

namespace errand::agent {

/// A conversation that is open for writing: its row, its lease and its history. Used by one run at a time.
struct Session {
  store::SessionInfo info;
  std::unique_ptr<store::Lease> lease;
  Conversed history;                ///< valid for the next request between runs
  std::int64_t context_tokens = 0;  ///< how long `history` was with the newest reply, as the API said; 0: unknown
  std::size_t measured = 0;         ///< how many of its messages that counts
  std::string files_directory;      ///< files/<session>/
  std::shared_ptr<tool::SessionState> state = std::make_shared<tool::SessionState>();
  std::shared_ptr<Grants> grants = std::make_shared<Grants>();  ///< what the person allowed; outlives agents
  bool resumed = false;
  std::vector<store::DamagedMessage> damaged;  ///< what was stored and can't be read any more, for a warning
};

/// The todo list as the newest call of TodoWrite left it, also when that was compacted away.
std::vector<chat::event::TodoItem> newest_todos(const std::vector<store::StoredMessage>& messages);

/// A new session, leased.
Result<Session> create_session(store::SessionStore& store, const store::NewSession& start);

/// An existing one, leased and made continuable for a model of that kind. `busy` when another process has it.
Result<Session> resume_session(store::SessionStore& store, const store::SessionInfo& info, chat::ThinkingStyle style);

}  // namespace errand::agent
