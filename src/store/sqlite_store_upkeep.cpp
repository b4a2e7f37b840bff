#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/try.hpp"
#include "store/reference.hpp"
#include "store/sqlite_messages.hpp"
#include "store/sqlite_sessions.hpp"
#include "store/sqlite_store.hpp"
#include "store/sqlite_upkeep.hpp"

namespace errand::store {

namespace {

// Families in the order they can be removed: what has a parent goes before it.
Result<std::vector<std::string>> to_remove(Database& database, const std::vector<std::string>& sessions) {
  std::vector<std::string> out;
  for (const auto& session : sessions) {
    ERRAND_TRY_ASSIGN(const auto family, family_of(database, session));
    for (const auto& member : family) {
      if (std::ranges::find(out, member) == out.end()) out.push_back(member);
    }
  }
  std::ranges::reverse(out);
  return out;
}

std::int64_t count_messages(Database& database, std::int64_t key) {
  auto rows = database.query("SELECT count(*) FROM messages WHERE session = ?", {key});
  return rows.next() ? rows.integer(0) : 0;
}

tl::unexpected<Error> used_meanwhile(const std::string& session) {
  return fail(ErrorKind::busy, fmt::format("session {} was used or changed meanwhile", session));
}

bool has_records_behind(Database& database, std::int64_t key, std::int64_t position) {
  auto rows = database.query(
      "SELECT 1 FROM messages WHERE session = ?1 AND position > ?2 UNION ALL SELECT 1 FROM events WHERE session = ?1 "
      "AND position > ?2",
      {key, position});
  return rows.next();
}

// The family has the members that were seen, and they have no more records than then.
Result<void> check_seen(Database& database, const std::vector<SeenSession>& seen) {
  std::vector<std::string> ids;
  for (const auto& session : seen) {
    ids.push_back(session.id);
    ERRAND_TRY_ASSIGN(const auto key, key_of(database, session.id));
    if (has_records_behind(database, key, session.last_position)) return used_meanwhile(session.id);
  }
  ERRAND_TRY_ASSIGN(const auto family, family_of(database, seen.front().id));
  if (!std::ranges::is_permutation(family, ids)) return used_meanwhile(seen.front().id);
  return {};
}

// A child that was named before its parent stands on the wrong side of it: subagents' sessions are sorted out by depth.
void parents_last(Database& database, std::vector<std::string>& sessions) {
  const auto depth_of = [&](const std::string& session) {
    int depth = 0;
    std::string at = session;
    std::set<std::string> seen;
    while (seen.insert(at).second) {
      auto rows = database.query("SELECT coalesce(parent, '') FROM sessions WHERE id = ?", {at});
      if (!rows.next() || rows.text(0).empty()) break;
      at = rows.text(0);
      ++depth;
    }
    return depth;
  };
  std::vector<std::pair<int, std::string>> sorted;
  for (auto& session : sessions) sorted.emplace_back(depth_of(session), session);
  std::ranges::stable_sort(sorted, [](const auto& a, const auto& b) { return a.first > b.first; });
  sessions.clear();
  for (auto& [depth, session] : sorted) sessions.push_back(std::move(session));
}

}  // namespace

Result<WholeSession> SqliteStore::read_whole(std::string_view session) {
  return with_database([&](Database& database) -> Result<WholeSession> {
    const ReadTransaction moment(database);
    return read_whole_session(database, leases_, session);
  });
}

Result<std::vector<StoredRecord>> SqliteStore::records_after(std::string_view session, std::int64_t position) {
  return with_database([&](Database& database) -> Result<std::vector<StoredRecord>> {
    ERRAND_TRY_ASSIGN(const auto key, key_of(database, session));
    return read_records(database, key, position);
  });
}

Result<std::int64_t> SqliteStore::change_count() {
  return with_database([&](Database& database) -> Result<std::int64_t> {
    auto rows = database.query("PRAGMA data_version", {});
    return rows.next() ? rows.integer(0) : 0;
  });
}

Result<std::vector<std::string>> SqliteStore::family(std::string_view session) {
  return with_database([&](Database& database) { return family_of(database, session); });
}

Result<SessionInfo> SqliteStore::fork_at(std::string_view session, std::string_view name, std::string_view message_id) {
  return with_database([&](Database& database) -> Result<SessionInfo> {
    Transaction transaction(database, Durability::power_loss);
    ERRAND_TRY_ASSIGN(const auto id, copy_session(database, session, name, message_id));
    transaction.commit();
    return session_with_id(database, leases_, id);
  });
}

Result<SessionInfo> SqliteStore::import_session(const WholeSession& session) {
  return with_database([&](Database& database) -> Result<SessionInfo> {
    Transaction transaction(database, Durability::power_loss);
    ERRAND_TRY(insert_whole(database, session));
    transaction.commit();
    return session_with_id(database, leases_, session.info.id);
  });
}

Result<Removed> SqliteStore::remove(const std::vector<std::string>& sessions, SessionFiles files) {
  return remove_after(sessions, files, [](Database&) { return Result<void>(); });
}

Result<Removed> SqliteStore::remove_archived(const std::vector<SeenSession>& family, const StaleQuery& query) {
  if (family.empty()) return Removed{};
  return remove_after({family.front().id}, SessionFiles::archived, [&](Database& database) -> Result<void> {
    ERRAND_TRY(check_seen(database, family));
    if (is_stale(database, query, family.front().id)) return {};
    return used_meanwhile(family.front().id);
  });
}

Result<Removed> SqliteStore::remove_after(const std::vector<std::string>& sessions, SessionFiles files,
                                          const std::function<Result<void>(Database&)>& look) {
  ERRAND_TRY_ASSIGN(auto removed, with_database([&](Database& database) -> Result<Removed> {
                      Removed out;
                      Transaction transaction(database, Durability::power_loss);
                      ERRAND_TRY(look(database));
                      ERRAND_TRY_ASSIGN(out.sessions, to_remove(database, sessions));
                      parents_last(database, out.sessions);
                      for (const auto& session : out.sessions) {
                        ERRAND_TRY_ASSIGN(const auto target, leases_.writable(database, session));
                        out.messages += count_messages(database, target.key);
                        delete_session(database, target.key);
                      }
                      transaction.commit();
                      for (const auto& session : out.sessions) leases_.forget(session);
                      set_heartbeat();
                      return out;
                    }));
  for (const auto& session : removed.sessions) ERRAND_TRY(remove_files(session, files));
  return removed;
}

Result<void> SqliteStore::remove_files(const std::string& session, SessionFiles files) {
  ERRAND_TRY(snapshots_.remove(session));
  if (files == SessionFiles::removed || database_->in_memory()) return files_.remove(session);
  ERRAND_TRY_ASSIGN(const auto archive, archive_directory());
  auto target = join_path(archive, session + ".files");
  for (int copy = 2; path_exists(target); ++copy)
    target = join_path(archive, fmt::format("{}.{}.files", session, copy));
  return files_.move(session, target);
}

Result<std::vector<SessionInfo>> SqliteStore::stale(const StaleQuery& query) {
  return with_database(
      [&](Database& database) -> Result<std::vector<SessionInfo>> { return stale_sessions(database, leases_, query); });
}

Result<std::string> SqliteStore::archive_directory() {
  if (database_->in_memory()) return fail(ErrorKind::storage, "a temporary store has no archive");
  auto path = join_path(parent_path(database_->path()), "archive");
  ERRAND_TRY(make_private_directory(path));
  return path;
}

Result<std::vector<Upkeep::KeptFile>> SqliteStore::kept_files(std::string_view session) {
  ERRAND_TRY(check_id(session));
  std::vector<KeptFile> out;
  const auto directory = files_.existing_directory_of(session);
  if (directory.empty()) return out;
  std::error_code failed;
  for (std::filesystem::recursive_directory_iterator at(directory, failed), end; !failed && at != end;
       at.increment(failed)) {
    std::error_code ignored;
    if (!at->is_regular_file(ignored) || at->is_symlink(ignored)) continue;
    out.push_back(
        {at->path().lexically_relative(directory).string(), static_cast<std::int64_t>(at->file_size(ignored))});
  }
  if (failed) return fail(ErrorKind::storage, fmt::format("can't list {}: {}", directory, failed.message()));
  std::ranges::sort(out, {}, &KeptFile::name);
  return out;
}

}  // namespace errand::store
