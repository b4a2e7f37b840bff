#pragma once

#include <cstdint>
#include <vector>

#include "store/session_store.hpp"
#include "store/sqlite_leases.hpp"

namespace errand::store {

/// Stores the events behind the session's last position and moves that on. `internal` for one that is not lasting, has
/// no message id or belongs to another session; `failure` for a message id the session has already.
Result<void> append_events(Database& database, const Target& target, const std::vector<Lasting>& events);

/// Adds to the session's totals.
void add_totals(Database& database, std::int64_t session_key, const Totals& totals);

History read_messages(Database& database, std::int64_t session_key);
std::vector<StoredRecord> read_records(Database& database, std::int64_t session_key);

}  // namespace errand::store
