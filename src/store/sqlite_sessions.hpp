#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "store/session_store.hpp"
#include "store/sqlite_leases.hpp"
#include "store/upkeep.hpp"

namespace errand::store {

// `leases` tells whether a session that is marked as running has someone who runs it.

Result<SessionInfo> find_session(Database& database, const Leases& leases, std::string_view reference,
                                 std::string_view project);
std::vector<SessionInfo> list_sessions(Database& database, const Leases& leases, const SessionQuery& query);

/// What list_sessions() asks SQLite: parameters since, project, agent, limit.
std::string list_sql(const SessionQuery& query);

/// What may go, the oldest first; parameters of the SQL: project, agent, before, keep_newest, and an id:
/// empty for all.
std::vector<SessionInfo> stale_sessions(Database& database, const Leases& leases, const StaleQuery& query);
std::string stale_sql(const StaleQuery& query);

/// Whether that session is among them, whatever the limit, though somebody holds it.
bool is_stale(Database& database, const StaleQuery& query, std::string_view id);

/// The session with that id, or one of the other ways to fail of check_id() and no_such_session().
Result<SessionInfo> session_with_id(Database& database, const Leases& leases, std::string_view id);

/// Its key; `failure` when unknown.
Result<std::int64_t> key_of(Database& database, std::string_view session);

/// These write, and return the new session's id.
Result<std::string> insert_session(Database& database, const NewSession& session);
/// `until`: the message the copy ends with; absent: all of the conversation.
Result<std::string> copy_session(Database& database, std::string_view session, std::string_view name,
                                 const std::optional<std::string_view>& until = std::nullopt);

Result<void> change_session(Database& database, std::string_view session, const SessionChange& change);

}  // namespace errand::store
