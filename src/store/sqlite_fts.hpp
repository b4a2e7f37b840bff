#pragma once

struct sqlite3;

namespace errand::store {

/// Gives the connection what the table `search` needs: the tokenizer `errand`, and the function
/// `phrase_counts(search, N)`, which returns how often each of the first N phrases of the MATCH stands in the row, a
/// byte each (255: as often or more). Throws SQLite::Exception when this SQLite has no FTS5.
void register_search(sqlite3* connection);

}  // namespace errand::store
