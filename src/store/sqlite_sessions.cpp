#include "store/sqlite_sessions.hpp"

#include <limits>

#include <fmt/format.h>

#include "base/id.hpp"
#include "base/json.hpp"
#include "base/overloaded.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"
#include "store/reference.hpp"
#include "store/sqlite_line.hpp"

namespace errand::store {

namespace {

// Matches of an ambiguous prefix that its error lists.
constexpr std::size_t max_listed_matches = 5;

// Names, newest first, among which the nearest to a mistyped one is looked for.
constexpr std::int64_t max_names_compared = 1000;

constexpr int first_holder_column = 23;

std::string select_sessions(std::string_view rest) {
  return fmt::format(
      "SELECT s.id, s.agent, s.definition_hash, s.model, s.project, s.cwd, s.permission_mode, s.title, "
      "coalesce(s.name, ''), coalesce(s.parent, ''), coalesce(s.forked_from, ''), s.state, s.created, s.updated, "
      "s.turns, s.runs, s.cost_usd, s.input, s.output, s.cache_read, s.cache_write, s.reasoning, s.tool, {} "
      "FROM sessions s LEFT JOIN leases l ON l.session = s.key {}",
      holder_columns, rest);
}

// A run that nobody is in any more was interrupted, though nobody was there to say so.
std::string status_of(const Rows& rows, const Leases& leases) {
  auto state = rows.text(11);
  if (state != "running") return state;
  const auto holder = read_holder(rows, first_holder_column);
  return holder && leases.is_live(*holder) ? "running" : "interrupted";
}

SessionInfo read_session(const Rows& rows, const Leases& leases) {
  SessionInfo out;
  out.id = rows.text(0);
  out.start = {rows.text(1), rows.text(2), rows.text(3), rows.text(4), rows.text(5),
               rows.text(6), rows.text(7), rows.text(8), rows.text(9)};
  out.forked_from = rows.text(10);
  out.status = status_of(rows, leases);
  out.created = from_ms(rows.integer(12));
  out.updated = from_ms(rows.integer(13));
  out.turns = static_cast<int>(rows.integer(14));
  out.runs = static_cast<int>(rows.integer(15));
  out.cost_usd = rows.real(16);
  out.usage = {rows.integer(17), rows.integer(18), rows.integer(19),
               rows.integer(20), rows.integer(21), rows.integer(22)};
  return out;
}

std::vector<SessionInfo> read_sessions(Rows rows, const Leases& leases) {
  std::vector<SessionInfo> out;
  while (rows.next()) out.push_back(read_session(rows, leases));
  return out;
}

std::vector<SessionInfo> with_prefix(Database& database, const Leases& leases, const std::string& prefix) {
  // 'g' follows the last character an id can have.
  static const auto sql = select_sessions("WHERE s.id >= ?1 AND s.id < ?1 || 'g' ORDER BY s.id DESC LIMIT ?2");
  return read_sessions(database.query(sql, {prefix, static_cast<std::int64_t>(max_listed_matches + 1)}), leases);
}

std::vector<SessionInfo> with_name(Database& database, const Leases& leases, const std::string& name) {
  static const auto sql = select_sessions("WHERE s.name = ? ORDER BY s.updated DESC, s.id DESC LIMIT 1");
  return read_sessions(database.query(sql, {name}), leases);
}

tl::unexpected<Error> ambiguous(const std::string& prefix, const std::vector<SessionInfo>& matches) {
  std::vector<std::string> shown;
  for (const auto& match : matches) {
    if (shown.size() == max_listed_matches) break;
    shown.push_back(fmt::format("{} ({}, \"{}\")", match.id, format_age(match.updated, now()),
                                text::ellipsize(unicode::sanitize(match.start.title), 40)));
  }
  const bool more = matches.size() > shown.size();
  return fail(ErrorKind::failure,
              fmt::format("\"{}\" is the beginning of {} sessions: {}{}", prefix,
                          more ? "many" : std::to_string(matches.size()), text::join(shown, ", "), more ? ", …" : ""),
              "write more of the id");
}

tl::unexpected<Error> unknown_name(Database& database, const std::string& name) {
  auto rows = database.query("SELECT DISTINCT name FROM sessions WHERE name IS NOT NULL ORDER BY updated DESC LIMIT ?",
                             {max_names_compared});
  std::vector<std::string> names;
  while (rows.next()) names.push_back(rows.text(0));
  auto error = no_such_session(name);
  if (const auto nearest = text::nearest(name, names)) {
    error.value().hint = fmt::format("did you mean \"{}\"? {}", unicode::sanitize(*nearest), error.value().hint);
  }
  return error;
}

Result<SessionInfo> find_word(Database& database, const Leases& leases, const Word& word) {
  auto named = with_name(database, leases, word.text);
  if (!named.empty()) return std::move(named.front());
  if (word.may_be_prefix) {
    auto matches = with_prefix(database, leases, word.text);
    if (matches.size() == 1) return std::move(matches.front());
    if (!matches.empty()) return ambiguous(word.text, matches);
  }
  return unknown_name(database, word.text);
}

// What only holds others, as the session of `errand map` does its records', is no conversation to go on with.
constexpr std::string_view is_conversation =
    "s.parent IS NULL AND NOT (s.last_position = 0 AND EXISTS (SELECT 1 FROM sessions c WHERE c.parent = s.id))";

Result<SessionInfo> find_rank(Database& database, const Leases& leases, const Rank& rank, std::string_view project) {
  constexpr std::string_view newest = "ORDER BY s.updated DESC, s.id DESC LIMIT 1 OFFSET ?";
  static const auto of_project = select_sessions(fmt::format("WHERE {} AND s.project = ? {}", is_conversation, newest));
  static const auto of_all = select_sessions(fmt::format("WHERE {} {}", is_conversation, newest));
  const auto offset = std::int64_t{rank.rank} - 1;
  auto found = read_sessions(
      project.empty() ? database.query(of_all, {offset}) : database.query(of_project, {project, offset}), leases);
  if (!found.empty()) return std::move(found.front());
  const auto place = project.empty() ? std::string() : fmt::format(" in {}", unicode::sanitize(project));
  const auto message = rank.rank == 1 ? fmt::format("there is no session{} yet", place)
                                      : fmt::format("there are fewer than {} sessions{}", rank.rank, place);
  return fail(ErrorKind::failure, message, "see \"errand sessions list\"");
}

Result<void> check_start(Database& database, const NewSession& session) {
  if (!session.name.empty()) ERRAND_TRY(check_name(session.name));
  if (!session.parent.empty()) ERRAND_TRY(key_of(database, session.parent));
  return {};
}

std::int64_t insert_row(Database& database, const std::string& id, const NewSession& session, Timestamp at) {
  const auto title = unicode::to_valid_utf8(session.title);
  database.run(
      "INSERT INTO sessions(id, agent, definition_hash, model, project, cwd, permission_mode, title, name, parent, "
      "created, updated) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11)",
      {id, session.agent, session.definition_hash, session.model, session.project, session.cwd, session.permission_mode,
       title, or_null(session.name), or_null(session.parent), to_ms(at)});
  return key_of(database, id).value();
}

// The conversation alone: what was rewound stays with the original. The newest compaction says which messages the next
// request is made of, and stands between them where it stood.
void copy_line(Database& database, std::int64_t from, std::int64_t to, const Line& line) {
  const auto place = line.compaction ? static_cast<std::int64_t>(line.compaction->messages_before) + 1 : 0;
  database.run(
      "INSERT INTO messages(session, position, message_id, type, run, agent_path, time, json) "
      "SELECT ?1, l.key + 1 + (?4 > 0 AND l.key + 1 >= ?4), m.message_id, m.type, m.run, m.agent_path, m.time, m.json "
      "FROM json_each(?3) AS l JOIN messages AS m ON m.session = ?2 AND m.position = l.value",
      {to, from, chat::dump(Json(line.messages)), place});
  if (!line.compaction) return;
  database.run(
      "INSERT INTO events(session, position, type, run, agent_path, time, json) "
      "SELECT ?1, ?4, type, run, agent_path, time, json FROM events WHERE session = ?2 AND position = ?3",
      {to, from, line.compaction->position, place});
}

Rows query_stale(Database& database, const StaleQuery& query, std::string_view id) {
  const auto before = query.before ? to_ms(*query.before) : std::numeric_limits<std::int64_t>::max();
  return database.query(stale_sql(query), {query.project, query.agent, before, query.keep_newest, id});
}

}  // namespace

Result<std::int64_t> key_of(Database& database, std::string_view session) {
  ERRAND_TRY(check_id(session));
  auto rows = database.query("SELECT key FROM sessions WHERE id = ?", {session});
  if (!rows.next()) return no_such_session(session);
  return rows.integer(0);
}

Result<SessionInfo> session_with_id(Database& database, const Leases& leases, std::string_view id) {
  ERRAND_TRY(check_id(id));
  static const auto sql = select_sessions("WHERE s.id = ?");
  auto found = read_sessions(database.query(sql, {id}), leases);
  if (found.empty()) return no_such_session(id);
  return std::move(found.front());
}

Result<SessionInfo> find_session(Database& database, const Leases& leases, std::string_view reference,
                                 std::string_view project) {
  ERRAND_TRY_ASSIGN(const auto parsed, parse_reference(reference));
  return std::visit(overloaded{
                        [&](const FullId& full) { return session_with_id(database, leases, full.id); },
                        [&](const Rank& rank) { return find_rank(database, leases, rank, project); },
                        [&](const Word& word) { return find_word(database, leases, word); },
                    },
                    parsed);
}

std::string list_sql(const SessionQuery& query) {
  std::string where = "WHERE s.updated >= ?1";
  if (!query.with_subagents) where += " AND s.parent IS NULL";
  // What a query does not ask for is no condition at all, so that SQLite can tell which index serves the rest.
  where += query.project.empty() ? " AND ?2 = ''" : " AND s.project = ?2";
  where += query.agent.empty() ? " AND ?3 = ''" : " AND s.agent = ?3";
  return select_sessions(where + " ORDER BY s.updated DESC, s.id DESC LIMIT ?4");
}

std::vector<SessionInfo> list_sessions(Database& database, const Leases& leases, const SessionQuery& query) {
  const auto since = query.since ? to_ms(*query.since) : std::numeric_limits<std::int64_t>::min();
  const auto limit = query.limit > 0 ? std::int64_t{query.limit} : -1;
  return read_sessions(database.query(list_sql(query), {since, query.project, query.agent, limit}), leases);
}

std::string stale_sql(const StaleQuery& query) {
  const auto among = [&](std::string_view table) {
    return fmt::format("{0}parent IS NULL AND {1} AND {2}", table,
                       query.project.empty() ? "?1 = ''" : fmt::format("{}project = ?1", table),
                       query.agent.empty() ? "?2 = ''" : fmt::format("{}agent = ?2", table));
  };
  auto where = fmt::format("WHERE {} AND s.updated < ?3", among("s."));
  if (query.named == StaleQuery::Named::kept) where += " AND s.name IS NULL";
  // A family goes or stays as one.
  where += fmt::format(
      " AND NOT EXISTS (WITH RECURSIVE below(id, updated, name) AS (SELECT id, updated, name FROM sessions WHERE "
      "parent = s.id UNION SELECT c.id, c.updated, c.name FROM below JOIN sessions c ON c.parent = below.id) "
      "SELECT 1 FROM below WHERE updated >= ?3{})",
      query.named == StaleQuery::Named::kept ? " OR name IS NOT NULL" : "");
  where += query.keep_newest <= 0
               ? " AND ?4 <= 0"
               : fmt::format(
                     " AND s.key NOT IN (SELECT key FROM sessions WHERE {} ORDER BY updated DESC, id DESC "
                     "LIMIT ?4)",
                     among(""));
  where += " AND (?5 = '' OR s.id = ?5)";
  return select_sessions(where + " ORDER BY s.updated, s.id");
}

bool is_stale(Database& database, const StaleQuery& query, std::string_view id) {
  auto rows = query_stale(database, query, id);
  return rows.next();
}

std::vector<SessionInfo> stale_sessions(Database& database, const Leases& leases, const StaleQuery& query) {
  auto rows = query_stale(database, query, "");
  std::vector<SessionInfo> out;
  while ((query.limit <= 0 || out.size() < static_cast<std::size_t>(query.limit)) && rows.next()) {
    auto info = read_session(rows, leases);
    if (info.status != "running") out.push_back(std::move(info));
  }
  return out;
}

Result<std::string> insert_session(Database& database, const NewSession& session) {
  ERRAND_TRY(check_start(database, session));
  const auto at = now();
  auto id = make_uuid7(at);
  insert_row(database, id, session, at);
  return id;
}

Result<std::string> copy_session(Database& database, std::string_view session, std::string_view name,
                                 const std::optional<std::string_view>& until) {
  ERRAND_TRY_ASSIGN(auto original, session_with_id(database, Leases(), session));
  ERRAND_TRY_ASSIGN(const auto original_key, key_of(database, session));
  original.start.parent.clear();
  original.start.name = name;
  ERRAND_TRY(check_start(database, original.start));
  Line line;
  if (until) {
    ERRAND_TRY_ASSIGN(line, line_until(database, original_key, *until));
  } else {
    line = read_line(database, original_key);
  }
  const auto at = now();
  auto id = make_uuid7(at);
  const auto key = insert_row(database, id, original.start, at);
  copy_line(database, original_key, key, line);
  const auto last = static_cast<std::int64_t>(line.messages.size() + (line.compaction ? 1 : 0));
  database.run("UPDATE sessions SET forked_from = ?2, last_position = ?3 WHERE key = ?1", {key, session, last});
  return id;
}

Result<void> change_session(Database& database, std::string_view session, const SessionChange& change) {
  ERRAND_TRY_ASSIGN(const auto key, key_of(database, session));
  if (change.name && !change.name->empty()) ERRAND_TRY(check_name(*change.name));
  const auto set = [&](std::string_view sql, const std::optional<std::string>& value) {
    if (value) database.run(sql, {*value, key});
  };
  set("UPDATE sessions SET name = nullif(?, '') WHERE key = ?", change.name);
  set("UPDATE sessions SET agent = ? WHERE key = ?", change.agent);
  set("UPDATE sessions SET definition_hash = ? WHERE key = ?", change.definition_hash);
  set("UPDATE sessions SET model = ? WHERE key = ?", change.model);
  set("UPDATE sessions SET permission_mode = ? WHERE key = ?", change.permission_mode);
  if (change.title) {
    const auto title = unicode::to_valid_utf8(*change.title);
    database.run("UPDATE sessions SET title = ? WHERE key = ?", {title, key});
  }
  return {};
}

}  // namespace errand::store
