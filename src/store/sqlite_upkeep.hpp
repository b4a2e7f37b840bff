#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/sqlite_leases.hpp"
#include "store/upkeep.hpp"

namespace errand::store {

/// All of a session that the database has. Inside a transaction it is of one moment.
Result<WholeSession> read_whole_session(Database& database, const Leases& leases, std::string_view session);

/// The session and its subagents' sessions, each after its parent.
Result<std::vector<std::string>> family_of(Database& database, std::string_view session);

/// Every row of the session: the only place that deletes messages and events. Its subagents' sessions went before it.
void delete_session(Database& database, std::int64_t session_key);

/// What Upkeep::import_session() writes; the caller's transaction.
Result<void> insert_whole(Database& database, const WholeSession& session);

}  // namespace errand::store
