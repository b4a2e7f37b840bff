#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "store/sqlite_database.hpp"

namespace errand::store {

// What search() reads, written in the transaction of what it stands for: the FTS5 table `search` (text and facets of
// each message, without the text itself), `searchable` (a row for each message in it) and `touched` (files of
// sessions). All of this throws SQLite::Exception.

/// A message as its row has it.
struct IndexedMessage {
  std::int64_t key = 0;
  std::int64_t session = 0;  ///< the session's key
  std::string_view type;
  std::int64_t time = 0;
  const std::string& json;
};

/// Puts a message that was just stored into the index, and the files its calls name.
void add_to_index(Database& database, const IndexedMessage& message);

/// Whether the session is a fork whose original is here and has that message: it is found there.
bool is_copy(Database& database, std::int64_t session, std::string_view message_id);

/// What forks of a session hold of it was found in them while it was not here: from now on in itself. For who brings
/// it in, in the same transaction, behind its messages.
void take_over_from_forks(Database& database, std::int64_t session);

/// Remembers the files that a stored `done` event reports as written.
void add_files_written(Database& database, std::int64_t session, const std::string& done_json);

/// Takes all of a session out of the index; for who deletes it, in the same transaction, before its messages go. What
/// forks of it copied is found in each of them from then on, and they count as forks of what this one was a fork of.
void remove_from_index(Database& database, std::int64_t session);

/// Rewrites the index without what was taken out of it: until then words of it stay in the index's pages, though
/// nothing finds them. Costs about as much as reading the whole index; for the end of a deletion.
void compact_index(Database& database);

/// Makes the index anew from all messages and events.
void rebuild_index(Database& database);

/// Puts all that is stored into an index that is empty.
void fill_index(Database& database);

/// Whether the index is sound and complete: `storage`, and what is wrong with it, when not. Reads all of it.
Result<void> check_index(Database& database);

/// The facets that search() asks for.
std::string role_facet(std::string_view type);
std::string tool_facet(std::string_view tool);
std::string project_facet(std::string_view project);
std::string session_facet(std::int64_t session);
std::string day_facet(std::int64_t day);
/// Days since 1970 of a time in milliseconds.
std::int64_t day_of(std::int64_t time);

}  // namespace errand::store
