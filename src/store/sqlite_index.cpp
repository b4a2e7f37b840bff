#include "store/sqlite_index.hpp"

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/log.hpp"
#include "store/search_query.hpp"
#include "store/search_text.hpp"

namespace errand::store {

namespace {

constexpr std::int64_t ms_of_day = 86'400'000;
// Longer ones no system has.
constexpr std::size_t max_path_bytes = 4096;
constexpr std::size_t messages_between_logs = 100'000;

// What FTS5 is given for a message; to take it out again it must be given the same.
struct Entry {
  Searchable searchable;
  std::string text;
  std::string facets;
};

std::string text_at(Database& database, std::string_view sql, std::int64_t key) {
  auto rows = database.query(sql, {key});
  return rows.next() ? rows.text(0) : std::string();
}

Entry entry_of(Database& database, const IndexedMessage& message) {
  Entry out;
  out.searchable = searchable_of(message.type, message.json);
  // No text begins with the mark that would make it something else.
  out.text = "\n" + out.searchable.text();
  out.facets = verbatim(role_facet(message.type)) + verbatim(session_facet(message.session)) +
               verbatim(day_facet(day_of(message.time)));
  for (const auto& tool : out.searchable.tools) out.facets += verbatim(tool_facet(tool));
  // Where a session is does not change.
  const auto project = text_at(database, "SELECT project FROM sessions WHERE key = ?", message.session);
  out.facets += verbatim(project_facet(project));
  return out;
}

void add_path(Database& database, std::int64_t session, const std::string& directory, const std::string& path) {
  const auto whole = normalize_path(join_path(directory, path));
  if (whole.size() > max_path_bytes) return;
  database.run("INSERT OR IGNORE INTO touched(name, path, session) VALUES(?, ?, ?)",
               {file_name(whole), whole, session});
}

std::string directory_of(Database& database, std::int64_t session) {
  return text_at(database, "SELECT cwd FROM sessions WHERE key = ?", session);
}

void remove_message(Database& database, const IndexedMessage& message) {
  const auto entry = entry_of(database, message);
  database.run("INSERT INTO search(search, rowid, text, facet) VALUES('delete', ?, ?, ?)",
               {message.key, entry.text, entry.facets});
  database.run("DELETE FROM searchable WHERE key = ?", {message.key});
}

// Calls `work` for each message that `sql` gives: key, session, type, time, json. Rows are read before the next is
// asked for, so that `work` may write.
template <class Work>
void for_each_message(Database& database, std::string_view sql, std::initializer_list<Value> values, Work&& work) {
  auto rows = database.query(sql, values);
  while (rows.next()) {
    const auto type = rows.text(2);
    const auto json = rows.text(4);
    work(IndexedMessage{rows.integer(0), rows.integer(1), type, rows.integer(3), json});
  }
}

std::vector<std::int64_t> keys(Rows rows) {
  std::vector<std::int64_t> out;
  while (rows.next()) out.push_back(rows.integer(0));
  return out;
}

// The forks that hold messages which are about to go show them from now on, each its own copy.
void hand_over_to_forks(Database& database, std::int64_t session) {
  const auto copies = keys(
      database.query("SELECT copy.key FROM sessions AS original JOIN sessions AS fork ON fork.forked_from = "
                     "original.id JOIN messages AS copy ON copy.session = fork.key "
                     "WHERE original.key = ?1 AND NOT EXISTS(SELECT 1 FROM searchable AS s WHERE s.key = copy.key) "
                     "AND EXISTS(SELECT 1 FROM messages AS m JOIN searchable AS s ON s.key = m.key "
                     "WHERE m.session = ?1 AND m.message_id = copy.message_id)",
                     {session}));
  for (const auto key : copies) {
    for_each_message(database, "SELECT key, session, type, time, json FROM messages WHERE key = ?", {key},
                     [&](const IndexedMessage& message) { add_to_index(database, message); });
  }
  database.run(
      "UPDATE sessions SET forked_from = (SELECT forked_from FROM sessions WHERE key = ?1) "
      "WHERE forked_from = (SELECT id FROM sessions WHERE key = ?1)",
      {session});
}

}  // namespace

std::string role_facet(std::string_view type) {
  return fmt::format("role:{}", type);
}
std::string tool_facet(std::string_view tool) {
  return fmt::format("tool:{}", tool);
}
std::string project_facet(std::string_view project) {
  return fmt::format("project:{}", project);
}
std::string session_facet(std::int64_t session) {
  return fmt::format("session:{}", session);
}
std::string day_facet(std::int64_t day) {
  return fmt::format("day:{}", day);
}

std::int64_t day_of(std::int64_t time) {
  return time >= 0 ? time / ms_of_day : (time - ms_of_day + 1) / ms_of_day;
}

void add_to_index(Database& database, const IndexedMessage& message) {
  const auto entry = entry_of(database, message);
  database.run("INSERT INTO search(rowid, text, facet) VALUES(?, ?, ?)", {message.key, entry.text, entry.facets});
  database.run("INSERT INTO searchable(key, session, time, bytes) VALUES(?, ?, ?, ?)",
               {message.key, message.session, message.time, static_cast<std::int64_t>(entry.text.size())});
  if (entry.searchable.paths.empty()) return;
  const auto directory = directory_of(database, message.session);
  for (const auto& path : entry.searchable.paths) add_path(database, message.session, directory, path);
}

bool is_copy(Database& database, std::int64_t session, std::string_view message_id) {
  auto rows = database.query(
      "SELECT 1 FROM sessions AS fork JOIN sessions AS original ON original.id = fork.forked_from JOIN messages AS m "
      "ON "
      "m.session = original.key AND m.message_id = ?2 WHERE fork.key = ?1",
      {session, message_id});
  return rows.next();
}

void take_over_from_forks(Database& database, std::int64_t session) {
  const auto copies = keys(
      database.query("SELECT copy.key FROM sessions AS original JOIN sessions AS fork ON fork.forked_from = "
                     "original.id JOIN messages AS copy ON copy.session = fork.key JOIN searchable AS s ON s.key = "
                     "copy.key WHERE original.key = ?1 AND EXISTS(SELECT 1 FROM messages AS m WHERE m.session = ?1 AND "
                     "m.message_id = copy.message_id)",
                     {session}));
  for (const auto key : copies) {
    for_each_message(database, "SELECT key, session, type, time, json FROM messages WHERE key = ?", {key},
                     [&](const IndexedMessage& message) { remove_message(database, message); });
  }
}

void add_files_written(Database& database, std::int64_t session, const std::string& done_json) {
  const auto files = files_written(done_json);
  if (files.empty()) return;
  const auto directory = directory_of(database, session);
  for (const auto& path : files) add_path(database, session, directory, path);
}

void remove_from_index(Database& database, std::int64_t session) {
  hand_over_to_forks(database, session);
  for_each_message(database,
                   "SELECT m.key, m.session, m.type, m.time, m.json FROM messages AS m JOIN searchable AS s "
                   "ON s.key = m.key WHERE m.session = ?",
                   {session}, [&](const IndexedMessage& message) { remove_message(database, message); });
  database.run("DELETE FROM touched WHERE session = ?", {session});
}

void compact_index(Database& database) {
  database.run("INSERT INTO search(search) VALUES('optimize')", {});
}

void fill_index(Database& database) {
  std::size_t done = 0;
  for_each_message(database,
                   "SELECT m.key, m.session, m.type, m.time, m.json FROM messages AS m JOIN sessions AS s ON s.key = "
                   "m.session LEFT JOIN sessions AS o ON o.id = s.forked_from WHERE o.key IS NULL OR NOT EXISTS("
                   "SELECT 1 FROM messages AS c WHERE c.session = o.key AND c.message_id = m.message_id) "
                   "ORDER BY m.key",
                   {}, [&](const IndexedMessage& message) {
                     add_to_index(database, message);
                     if (++done % messages_between_logs == 0) log::info("store: {} messages can be searched", done);
                   });
  auto rows = database.query("SELECT session, json FROM events WHERE type = 'done'", {});
  while (rows.next()) add_files_written(database, rows.integer(0), rows.text(1));
}

void rebuild_index(Database& database) {
  database.run("INSERT INTO search(search) VALUES('delete-all')", {});
  database.run("DELETE FROM searchable", {});
  database.run("DELETE FROM touched", {});
  fill_index(database);
}

Result<void> check_index(Database& database) {
  try {
    database.run("INSERT INTO search(search) VALUES('integrity-check')", {});
  } catch (const SQLite::Exception& e) {
    return fail(ErrorKind::storage, fmt::format("the search index of {} is damaged: {}", database.path(), e.what()));
  }
  auto rows = database.query(
      "SELECT count(*) FROM messages AS m JOIN sessions AS s ON s.key = m.session LEFT JOIN sessions AS o "
      "ON o.id = s.forked_from WHERE NOT EXISTS(SELECT 1 FROM searchable AS i WHERE i.key = m.key) AND (o.key IS NULL "
      "OR NOT EXISTS(SELECT 1 FROM messages AS c WHERE c.session = o.key AND c.message_id = m.message_id))",
      {});
  rows.next();
  if (rows.integer(0) == 0) return {};
  return fail(ErrorKind::storage,
              fmt::format("{} messages are missing in the search index of {}", rows.integer(0), database.path()));
}

}  // namespace errand::store
