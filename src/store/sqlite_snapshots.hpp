#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/snapshots.hpp"
#include "store/sqlite_database.hpp"

namespace errand::store {

/// Bytes kept for the session so far, each content once.
std::int64_t snapshot_bytes(Database& database, std::int64_t session_key);

bool has_snapshot_content(Database& database, std::int64_t session_key, std::string_view hash);

/// The row's key. `snapshot.position`, `after_hash` and `ended` are not looked at.
std::int64_t insert_snapshot(Database& database, std::int64_t session_key, const Snapshot& snapshot);

void set_after(Database& database, std::int64_t snapshot, std::string_view hash);

std::vector<Snapshot> read_snapshots(Database& database, std::int64_t session_key, std::int64_t position);

void remove_snapshots(Database& database, std::int64_t session_key);

}  // namespace errand::store
