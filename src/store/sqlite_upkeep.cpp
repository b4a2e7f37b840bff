#include "store/sqlite_upkeep.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/id.hpp"
#include "base/json.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"
#include "store/reference.hpp"
#include "store/sqlite_index.hpp"
#include "store/sqlite_messages.hpp"
#include "store/sqlite_sessions.hpp"
#include "store/sqlite_snapshots.hpp"

namespace errand::store {

namespace {

constexpr std::array<std::string_view, 3> message_types = {"user", "assistant", "tool_result"};

std::vector<std::string> words_in(const std::string& text) {
  std::vector<std::string> out;
  const auto json = chat::parse_json(text);
  if (!json || !json->is_array()) return out;
  for (const auto& word : *json) {
    if (word.is_string()) out.push_back(word.get<std::string>());
  }
  return out;
}

StoredRun run_in(const Rows& rows) {
  StoredRun out;
  out.id = rows.text(0);
  out.agent = rows.text(1);
  out.definition_hash = rows.text(2);
  out.trigger = rows.text(3);
  out.argv = words_in(rows.text(4));
  out.state = rows.text(5);
  out.started = from_ms(rows.integer(6));
  if (!rows.is_null(7)) out.ended = from_ms(rows.integer(7));
  if (!rows.is_null(8)) out.exit_code = static_cast<int>(rows.integer(8));
  out.error_kind = rows.text(9);
  out.stop_reason = rows.text(10);
  out.turns = static_cast<int>(rows.integer(11));
  out.usage = {rows.integer(12), rows.integer(13), rows.integer(14),
               rows.integer(15), rows.integer(16), rows.integer(17)};
  out.cost_usd = rows.real(18);
  return out;
}

std::vector<StoredRun> read_runs(Database& database, std::int64_t session_key) {
  auto rows = database.query(
      "SELECT id, agent, definition_hash, trigger, argv, state, started, ended, exit_code, coalesce(error_kind, ''), "
      "coalesce(stop_reason, ''), turns, input, output, cache_read, cache_write, reasoning, tool, cost_usd FROM runs "
      "WHERE session = ? ORDER BY started, key",
      {session_key});
  std::vector<StoredRun> out;
  while (rows.next()) out.push_back(run_in(rows));
  return out;
}

bool has_session(Database& database, std::string_view id) {
  auto rows = database.query("SELECT 1 FROM sessions WHERE id = ?", {id});
  return rows.next();
}

// A status that is not ours to believe is none.
std::string_view state_of(const SessionInfo& info) {
  if (info.status == "failed") return "failed";
  return info.status == "idle" ? "idle" : "interrupted";
}

Result<std::int64_t> insert_session_row(Database& database, const WholeSession& session) {
  const auto& info = session.info;
  const auto title = unicode::to_valid_utf8(info.start.title);
  const auto parent = has_session(database, info.start.parent) ? info.start.parent : std::string();
  database.run(
      "INSERT INTO sessions(id, agent, definition_hash, model, project, cwd, permission_mode, title, name, parent, "
      "forked_from, state, created, updated, last_position, runs, turns) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
      "?, ?, ?, ?)",
      {info.id, info.start.agent, info.start.definition_hash, info.start.model, info.start.project, info.start.cwd,
       info.start.permission_mode, title, or_null(info.start.name), or_null(parent), or_null(info.forked_from),
       state_of(info), to_ms(info.created), to_ms(info.updated), static_cast<std::int64_t>(session.records.size()),
       static_cast<std::int64_t>(session.runs.size()), std::int64_t{info.turns}});
  database.run(
      "UPDATE sessions SET input = ?, output = ?, cache_read = ?, cache_write = ?, reasoning = ?, tool = ?, cost_usd = "
      "? WHERE id = ?",
      {info.usage.input, info.usage.output, info.usage.cache_read, info.usage.cache_write, info.usage.reasoning,
       info.usage.tool, or_null(info.cost_usd), info.id});
  return key_of(database, info.id);
}

Result<void> insert_record(Database& database, std::int64_t key, std::int64_t position, const StoredRecord& record) {
  const bool is_message = std::ranges::find(message_types, record.type) != message_types.end();
  if (!is_message) {
    database.run("INSERT INTO events(session, position, type, run, agent_path, time, json) VALUES(?, ?, ?, ?, ?, ?, ?)",
                 {key, position, record.type, record.run, record.agent_path, to_ms(record.time), record.json});
    if (record.type == "done") add_files_written(database, key, record.json);
    return {};
  }
  if (record.message_id.empty()) return fail(ErrorKind::failure, fmt::format("record {} has no message id", position));
  ERRAND_TRY(decode_message(record.type, record.json));
  database.run(
      "INSERT INTO messages(session, position, message_id, type, run, agent_path, time, json) VALUES(?, ?, ?, ?, ?, "
      "?, ?, ?)",
      {key, position, record.message_id, record.type, record.run, record.agent_path, to_ms(record.time), record.json});
  const auto message = database.last_key();
  if (is_copy(database, key, record.message_id)) return {};
  add_to_index(database,
               {.key = message, .session = key, .type = record.type, .time = to_ms(record.time), .json = record.json});
  return {};
}

Result<void> insert_stored_run(Database& database, std::int64_t key, const StoredRun& run) {
  if (!is_uuid(run.id)) return fail(ErrorKind::failure, fmt::format("\"{}\" is no run id", unicode::sanitize(run.id)));
  const auto argv = chat::dump(Json(run.argv));
  const Value ended = run.ended ? Value(to_ms(*run.ended)) : Value(nullptr);
  const Value exit_code = run.exit_code ? Value(std::int64_t{*run.exit_code}) : Value(nullptr);
  database.run(
      "INSERT INTO runs(id, session, agent, definition_hash, trigger, argv, state, started, ended, exit_code, "
      "error_kind, stop_reason, turns, input, output, cache_read, cache_write, reasoning, tool, cost_usd) VALUES(?, ?, "
      "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {run.id,
       key,
       run.agent,
       run.definition_hash,
       run.trigger,
       argv,
       std::string_view(run.state == "ended" ? "ended" : "interrupted"),
       to_ms(run.started),
       ended,
       exit_code,
       or_null(run.error_kind),
       or_null(run.stop_reason),
       std::int64_t{run.turns},
       run.usage.input,
       run.usage.output,
       run.usage.cache_read,
       run.usage.cache_write,
       run.usage.reasoning,
       run.usage.tool,
       or_null(run.cost_usd)});
  return {};
}

Result<void> insert_rows(Database& database, std::int64_t key, const WholeSession& session) {
  std::int64_t position = 0;
  for (const auto& record : session.records) ERRAND_TRY(insert_record(database, key, ++position, record));
  for (const auto& run : session.runs) ERRAND_TRY(insert_stored_run(database, key, run));
  take_over_from_forks(database, key);
  return {};
}

}  // namespace

Result<WholeSession> read_whole_session(Database& database, const Leases& leases, std::string_view session) {
  WholeSession out;
  ERRAND_TRY_ASSIGN(out.info, session_with_id(database, leases, session));
  ERRAND_TRY_ASSIGN(const auto key, key_of(database, session));
  out.records = read_records(database, key);
  out.runs = read_runs(database, key);
  return out;
}

Result<std::vector<std::string>> family_of(Database& database, std::string_view session) {
  ERRAND_TRY(key_of(database, session));
  std::vector<std::string> out = {std::string(session)};
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto parent = out[i];
    auto rows = database.query("SELECT id FROM sessions WHERE parent = ? ORDER BY id", {parent});
    while (rows.next()) {
      auto child = rows.text(0);
      // A database that was tampered with may have a session below itself.
      if (std::ranges::find(out, child) == out.end()) out.push_back(std::move(child));
    }
  }
  return out;
}

void delete_session(Database& database, std::int64_t session_key) {
  remove_from_index(database, session_key);
  remove_snapshots(database, session_key);
  for (const auto* sql : {"DELETE FROM messages WHERE session = ?", "DELETE FROM events WHERE session = ?",
                          "DELETE FROM runs WHERE session = ?", "DELETE FROM leases WHERE session = ?",
                          "DELETE FROM sessions WHERE key = ?"}) {
    database.run(sql, {session_key});
  }
}

Result<void> insert_whole(Database& database, const WholeSession& session) {
  ERRAND_TRY(check_id(session.info.id));
  if (!session.info.start.name.empty()) ERRAND_TRY(check_name(session.info.start.name));
  if (has_session(database, session.info.id)) {
    return fail(ErrorKind::failure, fmt::format("there is a session {} already", session.info.id));
  }
  try {
    ERRAND_TRY_ASSIGN(const auto key, insert_session_row(database, session));
    return insert_rows(database, key, session);
  } catch (const SQLite::Exception& e) {
    if (e.getExtendedErrorCode() != SQLITE_CONSTRAINT_UNIQUE) throw;
    return fail(ErrorKind::failure, "the session has two messages or runs of one id");
  }
}

}  // namespace errand::store
