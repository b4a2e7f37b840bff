#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/session_store.hpp"
#include "store/sqlite_leases.hpp"

namespace errand::store {

/// Stores the events behind the session's last position and moves that on. `internal` for one that is not lasting, has
/// no message id or belongs to another session; `failure` for a message id the session has already.
Result<void> append_events(Database& database, const Target& target, const std::vector<Lasting>& events);

/// Adds to the session's totals.
void add_totals(Database& database, std::int64_t session_key, const Totals& totals);

/// A stored message's body, for a row of that type; `storage` when it can't be read any more.
Result<StoredMessage> decode_message(std::string_view type, const std::string& json);

/// What is still part of the conversation.
History read_messages(Database& database, std::int64_t session_key);

/// All there is behind position `after`.
std::vector<StoredRecord> read_records(Database& database, std::int64_t session_key, std::int64_t after = 0);

}  // namespace errand::store
