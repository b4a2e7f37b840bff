#pragma once

#include "store/session_store.hpp"
#include "store/sqlite_leases.hpp"

namespace errand::store {

/// Marks the session's runs that never ended. Whoever calls has its lease, so nobody is in them.
void interrupt_open_runs(Database& database, const Target& target);

/// The row of a run that begins; the session is running from now on. `failure` when there is such a run already.
Result<void> insert_run(Database& database, const Target& target, const RunStart& run);

/// `failure` when there is no such run, or it ended before.
Result<void> finish_run(Database& database, const Target& target, const RunEnd& run);

/// SessionStore::amend_run(). A session that is idle has failed with it, one that goes on already does so.
Result<void> amend_ended_run(Database& database, std::string_view run, int exit_code, std::string_view error_kind);

}  // namespace errand::store
