#include "agent/session.hpp"

#include "agent/history.hpp"
#include "base/try.hpp"

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

Result<Session> create_session(store::SessionStore& store, const store::NewSession& start) {
  ERRAND_TRY_ASSIGN(auto info, store.create(start));
  return open_leased(store, std::move(info));
}

Result<Session> resume_session(store::SessionStore& store, const store::SessionInfo& info, chat::ThinkingStyle style) {
  ERRAND_TRY_ASSIGN(auto session, open_leased(store, info));
  // Read after the lease is ours: what the holder before wrote last is in it.
  ERRAND_TRY_ASSIGN(const auto stored, store.read_history(info.id));
  session.history = continuable(stored, style);
  session.damaged = stored.damaged;
  session.resumed = true;
  return session;
}

}  // namespace errand::agent
