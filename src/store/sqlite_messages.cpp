#include "store/sqlite_messages.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/json.hpp"
#include "base/log.hpp"
#include "base/overloaded.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"
#include "chat/event_json.hpp"
#include "store/sqlite_index.hpp"
#include "store/sqlite_line.hpp"

namespace errand::store {

namespace {

// The id when the event is kept as a message.
const std::string* message_id_of(const chat::EventBody& body) {
  if (const auto* user = std::get_if<chat::event::User>(&body)) return &user->message_id;
  if (const auto* assistant = std::get_if<chat::event::Assistant>(&body)) return &assistant->message_id;
  if (const auto* result = std::get_if<chat::event::ToolResult>(&body)) return &result->message_id;
  return nullptr;
}

Result<void> check_event(const Target& target, const Lasting& event) {
  const auto type = chat::type_of(event.body);
  if (!chat::is_lasting(event.body)) {
    return fail(ErrorKind::internal, fmt::format("the store was given a passing event: {}", type));
  }
  if (!event.session.empty() && event.session != target.id) {
    return fail(ErrorKind::internal,
                fmt::format("an event {} of session {} was given to session {}", type, event.session, target.id));
  }
  const auto* message_id = message_id_of(event.body);
  if (message_id != nullptr && message_id->empty()) {
    return fail(ErrorKind::internal, fmt::format("the store was given a {} without a message id", type));
  }
  return {};
}

Result<void> insert_message(Database& database, const Target& target, std::int64_t position, const Lasting& event,
                            const std::string& message_id) {
  const auto json = chat::dump(chat::body_json(event.body));
  try {
    database.run(
        "INSERT INTO messages(session, position, message_id, type, run, agent_path, time, json) "
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
        {target.key, position, message_id, chat::type_of(event.body), event.run, event.agent_path, to_ms(event.time),
         json});
  } catch (const SQLite::Exception& e) {
    if (e.getExtendedErrorCode() != SQLITE_CONSTRAINT_UNIQUE) throw;
    return fail(ErrorKind::failure, fmt::format("session {} has a message {} already", target.id, message_id));
  }
  add_to_index(database, {database.last_key(), target.key, chat::type_of(event.body), to_ms(event.time), json});
  return {};
}

void insert_event(Database& database, const Target& target, std::int64_t position, const Lasting& event) {
  const auto json = chat::dump(chat::body_json(event.body));
  database.run("INSERT INTO events(session, position, type, run, agent_path, time, json) VALUES(?, ?, ?, ?, ?, ?, ?)",
               {target.key, position, chat::type_of(event.body), event.run, event.agent_path, to_ms(event.time), json});
  if (std::holds_alternative<chat::event::Done>(event.body)) add_files_written(database, target.key, json);
}

StoredRecord record_in(const Rows& rows) {
  return {rows.integer(0),          rows.text(1), rows.text(2), rows.text(3), rows.text(4),
          from_ms(rows.integer(5)), rows.text(6)};
}

struct StoredCompaction {
  std::int64_t position = 0;
  Compaction compaction;
};

// One that can't be read any more counts as none: all messages are still there.
std::optional<StoredCompaction> compaction_in(const Rows& rows) {
  const auto json = chat::parse_json(rows.text(0));
  if (!json || !json->is_object()) return std::nullopt;
  const auto text_at = [&](const char* key) {
    const auto found = json->find(key);
    return found != json->end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  return StoredCompaction{rows.integer(1), {text_at("kept_from"), text_at("summary"), text_at("cleared_before")}};
}

std::optional<StoredCompaction> newest_compaction(Database& database, std::int64_t session_key) {
  auto rows = database.query(
      "SELECT json, position FROM events WHERE session = ? AND type = 'compact_completed' ORDER BY position DESC LIMIT "
      "1",
      {session_key});
  if (!rows.next()) return std::nullopt;
  return compaction_in(rows);
}

std::optional<StoredCompaction> compaction_of(Database& database, std::int64_t session_key, const Line& line) {
  if (!line.rewound) return newest_compaction(database, session_key);
  if (!line.compaction) return std::nullopt;
  auto rows = database.query("SELECT json, position FROM events WHERE session = ? AND position = ?",
                             {session_key, line.compaction->position});
  if (!rows.next()) return std::nullopt;
  return compaction_in(rows);
}

}  // namespace

// The codec takes whatever JSON there is; what it can't take is an error or, for JSON of an unexpected shape, one of
// nlohmann's exceptions: both are a damaged row.
Result<StoredMessage> decode_message(std::string_view type, const std::string& text) {
  try {
    ERRAND_TRY_ASSIGN(const auto json, chat::parse_json(text));
    StoredMessage out;
    if (type == "user") {
      ERRAND_TRY_ASSIGN(out.body, chat::user_from_json(json));
    } else if (type == "assistant") {
      ERRAND_TRY_ASSIGN(out.body, chat::assistant_from_json(json));
    } else {
      ERRAND_TRY_ASSIGN(out.body, chat::tool_result_from_json(json));
    }
    return out;
  } catch (const nlohmann::json::exception& e) {
    return fail(ErrorKind::storage, fmt::format("a stored message is malformed: {}", e.what()));
  }
}

Result<void> append_events(Database& database, const Target& target, const std::vector<Lasting>& events) {
  auto position = target.last_position;
  std::int64_t newest = 0;
  for (const auto& event : events) {
    ERRAND_TRY(check_event(target, event));
    ++position;
    if (const auto* message_id = message_id_of(event.body)) {
      ERRAND_TRY(insert_message(database, target, position, event, *message_id));
    } else {
      insert_event(database, target, position, event);
    }
    newest = std::max(newest, to_ms(event.time));
  }
  database.run("UPDATE sessions SET last_position = ?, updated = max(updated, ?) WHERE key = ?",
               {position, newest, target.key});
  return {};
}

void add_totals(Database& database, std::int64_t session_key, const Totals& totals) {
  // A price that is unknown makes the sum unknown, and NULL plus anything stays NULL.
  database.run(
      "UPDATE sessions SET turns = turns + ?, input = input + ?, output = output + ?, cache_read = cache_read + ?, "
      "cache_write = cache_write + ?, reasoning = reasoning + ?, tool = tool + ?, cost_usd = cost_usd + ? WHERE key = "
      "?",
      {std::int64_t{totals.turns}, totals.usage.input, totals.usage.output, totals.usage.cache_read,
       totals.usage.cache_write, totals.usage.reasoning, totals.usage.tool, or_null(totals.cost_usd), session_key});
}

History read_messages(Database& database, std::int64_t session_key) {
  const auto line = was_rewound(database, session_key) ? read_line(database, session_key) : Line{};
  auto newest = compaction_of(database, session_key, line);
  auto rows = database.query(
      "SELECT position, message_id, type, time, json FROM messages WHERE session = ? ORDER BY position", {session_key});
  History out;
  while (rows.next()) {
    const auto position = rows.integer(0);
    if (line.rewound && !std::ranges::binary_search(line.messages, position)) continue;
    auto message = decode_message(rows.text(2), rows.text(4));
    if (!message) {
      log::warn("store: message {} at position {} can't be read: {}", rows.text(1), position, message.error().message);
      out.damaged.push_back({position, rows.text(1), std::move(message).error().message});
      continue;
    }
    message->message_id = rows.text(1);
    message->time = from_ms(rows.integer(3));
    out.messages.push_back(*std::move(message));
    if (newest && position < newest->position) ++newest->compaction.messages_before;
  }
  if (newest) out.compaction = std::move(newest->compaction);
  return out;
}

std::vector<StoredRecord> read_records(Database& database, std::int64_t session_key, std::int64_t after) {
  auto rows = database.query(
      "SELECT position, type, message_id, run, agent_path, time, json FROM messages WHERE session = ?1 AND position > "
      "?2 UNION ALL SELECT position, type, '', run, agent_path, time, json FROM events WHERE session = ?1 AND position "
      "> ?2 ORDER BY position",
      {session_key, after});
  std::vector<StoredRecord> out;
  while (rows.next()) out.push_back(record_in(rows));
  return out;
}

}  // namespace errand::store
