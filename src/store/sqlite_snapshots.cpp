#include "store/sqlite_snapshots.hpp"

namespace errand::store {

namespace {

std::string_view name_of(Snapshot::Before before) {
  switch (before) {
    case Snapshot::Before::absent:
      return "absent";
    case Snapshot::Before::kept:
      return "kept";
    case Snapshot::Before::left:
      return "left";
  }
  return "left";
}

Snapshot::Before before_named(std::string_view name) {
  if (name == "absent") return Snapshot::Before::absent;
  return name == "kept" ? Snapshot::Before::kept : Snapshot::Before::left;
}

}  // namespace

std::int64_t snapshot_bytes(Database& database, std::int64_t session_key) {
  auto rows = database.query(
      "SELECT coalesce(sum(size), 0) FROM (SELECT max(size) AS size FROM snapshots WHERE session = ? AND before = "
      "'kept' GROUP BY hash)",
      {session_key});
  rows.next();
  return rows.integer(0);
}

bool has_snapshot_content(Database& database, std::int64_t session_key, std::string_view hash) {
  auto rows = database.query("SELECT 1 FROM snapshots WHERE session = ? AND hash = ? AND before = 'kept' LIMIT 1",
                             {session_key, hash});
  return rows.next();
}

std::int64_t insert_snapshot(Database& database, std::int64_t session_key, const Snapshot& snapshot) {
  auto rows = database.query(
      "INSERT INTO snapshots(session, position, call_id, path, before, hash, size, time) "
      "VALUES(?1, (SELECT last_position FROM sessions WHERE key = ?1), ?2, ?3, ?4, ?5, ?6, ?7) RETURNING key",
      {session_key, snapshot.call_id, snapshot.path, name_of(snapshot.before), or_null(snapshot.hash), snapshot.size,
       to_ms(snapshot.time)});
  rows.next();
  const auto key = rows.integer(0);
  while (rows.next()) {
  }
  return key;
}

void set_after(Database& database, std::int64_t snapshot, std::string_view hash) {
  database.run("UPDATE snapshots SET after_hash = ?, ended = 1 WHERE key = ?", {or_null(hash), snapshot});
}

std::vector<Snapshot> read_snapshots(Database& database, std::int64_t session_key, std::int64_t position) {
  auto rows = database.query(
      "SELECT position, call_id, path, before, coalesce(hash, ''), size, coalesce(after_hash, ''), ended, time "
      "FROM snapshots WHERE session = ? AND position >= ? ORDER BY key",
      {session_key, position});
  std::vector<Snapshot> out;
  while (rows.next()) {
    out.push_back({.position = rows.integer(0),
                   .call_id = rows.text(1),
                   .path = rows.text(2),
                   .before = before_named(rows.text(3)),
                   .hash = rows.text(4),
                   .size = rows.integer(5),
                   .after_hash = rows.text(6),
                   .ended = rows.integer(7) != 0,
                   .time = from_ms(rows.integer(8))});
  }
  return out;
}

void remove_snapshots(Database& database, std::int64_t session_key) {
  database.run("DELETE FROM snapshots WHERE session = ?", {session_key});
}

}  // namespace errand::store
