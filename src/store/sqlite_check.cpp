#include "store/sqlite_check.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/id.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"
#include "chat/event_json.hpp"
#include "store/sqlite_leases.hpp"
#include "store/sqlite_messages.hpp"

namespace errand::store {

namespace {

// Of one kind; the rest is counted.
constexpr std::size_t max_told_pages = 5;

constexpr const char* records =
    "(SELECT session, position FROM messages UNION ALL SELECT session, position FROM events)";

class RowCheck {
 public:
  RowCheck(Database& database, Mend mend) : database_(database), mends_(mend == Mend::what_can_be) {}

  std::vector<Finding> run() {
    check_owners();
    check_parents();
    check_leases();
    check_open_runs();
    check_positions();
    check_run_counts();
    check_messages();
    return std::move(findings_);
  }

 private:
  void found(std::string_view kind, Weight weight, std::string text, bool mended) {
    findings_.push_back({std::string(kind), weight, std::move(text), mended});
  }

  // Rows whose session is gone get one: what was said in it can be read again.
  void check_owners() {
    auto rows = database_.query(
        "SELECT session, count(*), min(time), max(time), max(agent) FROM (SELECT session, time, '' AS agent FROM "
        "messages UNION ALL SELECT session, time, '' FROM events UNION ALL SELECT session, started, agent FROM runs) "
        "WHERE session NOT IN (SELECT key FROM sessions) GROUP BY session",
        {});
    struct Orphan {
      std::int64_t key, count, first, last;
      std::string agent;
    };
    std::vector<Orphan> orphans;
    while (rows.next()) {
      orphans.push_back({rows.integer(0), rows.integer(1), rows.integer(2), rows.integer(3), rows.text(4)});
    }
    for (const auto& orphan : orphans) {
      const auto id = make_uuid7(from_ms(orphan.first));
      if (mends_) recover(orphan.key, id, orphan.agent, orphan.first, orphan.last);
      found("orphan", Weight::loss,
            mends_ ? fmt::format("{} rows had lost their session; they are in session {} now", orphan.count, id)
                   : fmt::format("{} rows have lost their session", orphan.count),
            mends_);
    }
  }

  void recover(std::int64_t key, const std::string& id, const std::string& agent, std::int64_t first,
               std::int64_t last) {
    database_.run(
        "INSERT INTO sessions(key, id, agent, definition_hash, model, project, cwd, permission_mode, title, state, "
        "created, updated, last_position, runs, cost_usd) VALUES(?1, ?2, ?3, '', '', '', '', 'ask', 'recovered', "
        "'interrupted', ?4, ?5, (SELECT coalesce(max(position), 0) FROM (SELECT position FROM messages WHERE session = "
        "?1 UNION ALL SELECT position FROM events WHERE session = ?1)), (SELECT count(*) FROM runs WHERE session = "
        "?1), NULL)",
        {key, id, agent, first, last});
  }

  void check_parents() {
    auto rows = database_.query(
        "SELECT id FROM sessions WHERE parent IS NOT NULL AND parent NOT IN (SELECT id FROM sessions)", {});
    while (rows.next()) {
      found("orphan", Weight::loss, fmt::format("the parent of session {} is gone", rows.text(0)), mends_);
    }
    if (!mends_) return;
    database_.run(
        "UPDATE sessions SET parent = NULL WHERE parent IS NOT NULL AND parent NOT IN (SELECT id FROM sessions)", {});
  }

  void check_leases() {
    static const auto sql =
        fmt::format("SELECT l.session, coalesce(s.id, ''), {} FROM leases l LEFT JOIN sessions s ON s.key = l.session",
                    holder_columns);
    auto rows = database_.query(sql, {});
    std::vector<std::int64_t> dead;
    while (rows.next()) {
      const auto holder = read_holder(rows, 2);
      if (!holder || leases_.is_live(*holder)) continue;
      dead.push_back(rows.integer(0));
      found("lease", Weight::harmless,
            fmt::format("session {} is held by process {} on {}, which is gone", rows.text(1), holder->owner.pid,
                        unicode::sanitize(holder->owner.host)),
            mends_);
    }
    if (!mends_) return;
    for (const auto key : dead) database_.run("DELETE FROM leases WHERE session = ?", {key});
  }

  // A run is in good hands while its session's lease names somebody who lives.
  void check_open_runs() {
    static const auto sql = fmt::format(
        "SELECT s.key, s.id, count(r.key), {} FROM sessions s LEFT JOIN runs r ON r.session = s.key AND r.state = "
        "'running' LEFT JOIN leases l ON l.session = s.key WHERE s.state = 'running' OR r.key IS NOT NULL GROUP BY "
        "s.key",
        holder_columns);
    auto rows = database_.query(sql, {});
    std::vector<std::int64_t> left;
    while (rows.next()) {
      const auto holder = read_holder(rows, 3);
      if (holder && leases_.is_live(*holder)) continue;
      left.push_back(rows.integer(0));
      found("open_run", Weight::harmless,
            fmt::format("a run of session {} has no end, and nobody is in it", rows.text(1)), mends_);
    }
    if (!mends_) return;
    for (const auto key : left) {
      database_.run(
          "UPDATE runs SET state = 'interrupted', ended = (SELECT updated FROM sessions WHERE key = ?1) WHERE session "
          "= "
          "?1 AND state = 'running'",
          {key});
      database_.run("UPDATE sessions SET state = 'interrupted' WHERE key = ? AND state = 'running'", {key});
    }
  }

  void check_positions() {
    static const auto sql = fmt::format(
        "SELECT s.key, s.id, s.last_position, count(r.position), coalesce(max(r.position), 0) FROM sessions s LEFT "
        "JOIN "
        "{} r ON r.session = s.key GROUP BY s.key HAVING count(r.position) <> s.last_position OR "
        "coalesce(max(r.position), 0) <> s.last_position",
        records);
    struct Session {
      std::int64_t key, expected, there, last;
      std::string id;
    };
    std::vector<Session> odd;
    auto rows = database_.query(sql, {});
    while (rows.next()) {
      odd.push_back({rows.integer(0), rows.integer(2), rows.integer(3), rows.integer(4), rows.text(1)});
    }
    for (const auto& session : odd) {
      const auto expected = std::max(session.expected, session.last);
      if (expected == session.there) {
        found("counter", Weight::harmless, fmt::format("session {} counts its records wrong", session.id), mends_);
      } else {
        found(
            "gap", Weight::loss,
            fmt::format("{} of the {} records of session {} are gone", expected - session.there, expected, session.id),
            mends_);
      }
      if (mends_) close_gaps(session.key, session.id, expected - session.there);
    }
  }

  // Counted anew, and the session says what it lost.
  void close_gaps(std::int64_t key, const std::string& id, std::int64_t lost) {
    database_.execute("CREATE TEMP TABLE IF NOT EXISTS counted(old INTEGER PRIMARY KEY, new INTEGER NOT NULL)");
    database_.run("DELETE FROM temp.counted", {});
    database_.run(
        "INSERT INTO temp.counted SELECT position, row_number() OVER (ORDER BY position) FROM (SELECT position FROM "
        "messages WHERE session = ?1 UNION ALL SELECT position FROM events WHERE session = ?1)",
        {key});
    // Below zero first: two records never have one position, not even for a moment.
    for (const auto* table : {"messages", "events"}) {
      database_.run(fmt::format("UPDATE {0} SET position = -(SELECT new FROM temp.counted WHERE old = {0}.position) "
                                "WHERE session = ?",
                                table),
                    {key});
      database_.run(fmt::format("UPDATE {} SET position = -position WHERE session = ? AND position < 0", table), {key});
    }
    database_.run("UPDATE sessions SET last_position = (SELECT count(*) FROM temp.counted) WHERE key = ?", {key});
    if (lost <= 0) return;
    const chat::Event event{
        0,
        id,
        "",
        "root",
        now(),
        chat::event::Warning{"records_lost", fmt::format("{} of this session were lost when the store was damaged",
                                                         text::count_of(static_cast<std::size_t>(lost), "record"))}};
    database_.run(
        "INSERT INTO events(session, position, type, run, agent_path, time, json) SELECT key, last_position + 1, ?2, "
        "'', 'root', ?3, ?4 FROM sessions WHERE key = ?1",
        {key, chat::type_of(event.body), to_ms(event.time), chat::dump(chat::body_json(event.body))});
    database_.run("UPDATE sessions SET last_position = last_position + 1 WHERE key = ?", {key});
  }

  void check_run_counts() {
    auto rows = database_.query(
        "SELECT s.id FROM sessions s WHERE s.runs <> (SELECT count(*) FROM runs r WHERE r.session = s.key)", {});
    while (rows.next()) {
      found("counter", Weight::harmless, fmt::format("session {} counts its runs wrong", rows.text(0)), mends_);
    }
    if (!mends_) return;
    database_.run("UPDATE sessions SET runs = (SELECT count(*) FROM runs r WHERE r.session = sessions.key)", {});
  }

  // Every message is read, and every call of a run that ended well has its result.
  void check_messages() {
    auto rows = database_.query(
        "SELECT s.id, m.message_id, m.type, m.json, coalesce(r.state = 'ended' AND r.exit_code = 0, 0) FROM messages m "
        "JOIN sessions s ON s.key = m.session LEFT JOIN runs r ON r.session = m.session AND r.id = m.run ORDER BY "
        "m.session, m.position",
        {});
    std::string session;
    std::map<std::string, bool> open;  // calls without a result, and whether their run ended well
    const auto close = [&] {
      for (const auto& [call, ended_well] : open) {
        if (!ended_well) continue;
        found("unanswered_call", Weight::harmless,
              fmt::format("call {} of session {} has no result; the next request says that it was interrupted",
                          unicode::sanitize(call), session),
              false);
      }
      open.clear();
    };
    while (rows.next()) {
      if (rows.text(0) != session) {
        close();
        session = rows.text(0);
      }
      const auto message = decode_message(rows.text(2), rows.text(3));
      if (!message) {
        found("unreadable", Weight::loss,
              fmt::format("message {} of session {} can't be read and is left out of requests: {}",
                          unicode::sanitize(rows.text(1)), session, message.error().message),
              false);
        continue;
      }
      if (const auto* reply = std::get_if<chat::AssistantMessage>(&message->body)) {
        for (const auto& call : reply->tool_calls()) open.insert_or_assign(call.id, rows.integer(4) != 0);
      }
      if (const auto* result = std::get_if<chat::ToolResult>(&message->body)) open.erase(result->call_id);
    }
    close();
  }

  Database& database_;
  bool mends_;
  Leases leases_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> check_pages(Database& database) {
  std::vector<Finding> out;
  auto rows = database.query("PRAGMA integrity_check(100)", {});
  std::size_t count = 0;
  while (rows.next()) {
    auto text = rows.text(0);
    if (text == "ok") continue;
    if (++count > max_told_pages) continue;
    out.push_back(
        {"damaged", Weight::damage, unicode::sanitize(text::replace_all(std::move(text), "\n", "; ")), false});
  }
  if (count > max_told_pages) {
    out.push_back({"damaged", Weight::damage, fmt::format("and {} more of this kind", count - max_told_pages), false});
  }
  return out;
}

std::vector<Finding> check_rows(Database& database, Mend mend) {
  if (mend == Mend::nothing) {
    const ReadTransaction moment(database);
    return RowCheck(database, mend).run();
  }
  // A row without its session is put right within this transaction.
  database.execute("PRAGMA foreign_keys=OFF");
  Transaction transaction(database, Durability::power_loss);
  auto out = RowCheck(database, mend).run();
  transaction.commit();
  return out;
}

}  // namespace errand::store
