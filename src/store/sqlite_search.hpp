#pragma once

#include "store/search.hpp"
#include "store/sqlite_database.hpp"

namespace errand::store {

/// SearchIndex::search().
Result<SearchResult> search_messages(Database& database, const SearchQuery& query);

/// What it asks SQLite: parameters the MATCH and how many phrases to count. The newest message comes first.
inline constexpr const char* search_sql =
    "SELECT search.rowid, i.session, i.time, i.bytes, phrase_counts(search, ?2) FROM search "
    "CROSS JOIN searchable AS i ON i.key = search.rowid WHERE search MATCH ?1 ORDER BY search.rowid DESC";

}  // namespace errand::store
