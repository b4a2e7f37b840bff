#include "store/sqlite_store.hpp"

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/sha256.hpp"
#include "base/try.hpp"
#include "store/as_storage.hpp"
#include "store/reference.hpp"
#include "store/sqlite_budgets.hpp"
#include "store/sqlite_messages.hpp"
#include "store/sqlite_runs.hpp"
#include "store/sqlite_search.hpp"
#include "store/sqlite_sessions.hpp"
#include "store/sqlite_snapshots.hpp"
#include "store/sqlite_usage.hpp"

namespace errand::store {

namespace {

class SqliteLease final : public Lease {
 public:
  SqliteLease(SqliteStore& store, std::string session) : store_(store), session_(std::move(session)) {}
  ~SqliteLease() override { store_.release(session_); }
  SqliteLease(const SqliteLease&) = delete;
  SqliteLease& operator=(const SqliteLease&) = delete;

 private:
  SqliteStore& store_;
  std::string session_;
};

}  // namespace

SqliteStore::SqliteStore(std::unique_ptr<Database> database, FileArea files, FileArea snapshots,
                         std::chrono::milliseconds renew_every)
    : database_(std::move(database)),
      files_(std::move(files)),
      snapshots_(std::move(snapshots)),
      heartbeat_(std::make_unique<Heartbeat>(renew_every, [this] { renew(); })) {}

SqliteStore::~SqliteStore() {
  heartbeat_.reset();
  if (!holds_any()) return;
  const auto released = with_database([&](Database& database) -> Result<void> {
    Transaction transaction(database, Durability::crash);
    leases_.remove_all_rows(database);
    transaction.commit();
    return {};
  });
  // The rows name a process that is about to end: nobody will wait for it.
  if (!released) log::warn("store: can't give leases back: {}", released.error().message);
}

Result<SessionInfo> SqliteStore::create(const NewSession& session) {
  return with_database([&](Database& database) -> Result<SessionInfo> {
    Transaction transaction(database, Durability::crash);
    ERRAND_TRY_ASSIGN(const auto id, insert_session(database, session));
    transaction.commit();
    return session_with_id(database, leases_, id);
  });
}

Result<SessionInfo> SqliteStore::find(std::string_view reference, std::string_view project) {
  return with_database([&](Database& database) { return find_session(database, leases_, reference, project); });
}

Result<std::vector<SessionInfo>> SqliteStore::list(const SessionQuery& query) {
  return with_database(
      [&](Database& database) -> Result<std::vector<SessionInfo>> { return list_sessions(database, leases_, query); });
}

Result<void> SqliteStore::change(std::string_view session, const SessionChange& change) {
  return with_database([&](Database& database) -> Result<void> {
    Transaction transaction(database, Durability::power_loss);
    ERRAND_TRY(change_session(database, session, change));
    transaction.commit();
    return {};
  });
}

Result<SessionInfo> SqliteStore::fork(std::string_view session, std::string_view name) {
  return with_database([&](Database& database) -> Result<SessionInfo> {
    Transaction transaction(database, Durability::power_loss);
    ERRAND_TRY_ASSIGN(const auto id, copy_session(database, session, name));
    transaction.commit();
    return session_with_id(database, leases_, id);
  });
}

Result<std::unique_ptr<Lease>> SqliteStore::lease(std::string_view session) {
  return with_database([&](Database& database) -> Result<std::unique_ptr<Lease>> {
    // After a power loss no holder is left either: nothing about a lease needs to survive one.
    Transaction transaction(database, Durability::crash);
    ERRAND_TRY_ASSIGN(const auto target, leases_.take(database, session));
    interrupt_open_runs(database, target);
    transaction.commit();
    leases_.hold(session, Leases::Until::released);
    set_heartbeat();
    return std::make_unique<SqliteLease>(*this, std::string(session));
  });
}

void SqliteStore::release(const std::string& session) {
  const auto released = with_database([&](Database& database) -> Result<void> {
    leases_.forget(session);
    set_heartbeat();
    Transaction transaction(database, Durability::crash);
    leases_.remove_row(database, session);
    transaction.commit();
    return {};
  });
  if (!released) log::warn("store: can't give the lease of {} back: {}", session, released.error().message);
}

Result<void> SqliteStore::begin_run(const RunStart& run, const std::vector<Lasting>& events) {
  return with_database([&](Database& database) -> Result<void> {
    Transaction transaction(database, Durability::power_loss);
    ERRAND_TRY_ASSIGN(const auto target, leases_.writable(database, run.session));
    const bool leased = leases_.held(run.session).has_value();
    if (!leased) leases_.write_row(database, target);
    interrupt_open_runs(database, target);
    ERRAND_TRY(insert_run(database, target, run));
    ERRAND_TRY(append_events(database, target, events));
    transaction.commit();
    if (!leased) leases_.hold(run.session, Leases::Until::run_ends);
    set_heartbeat();
    return {};
  });
}

Result<void> SqliteStore::append(std::string_view session, const std::vector<Lasting>& events, const Totals& totals) {
  return with_database([&](Database& database) -> Result<void> {
    Transaction transaction(database, Durability::power_loss);
    ERRAND_TRY_ASSIGN(const auto target, leases_.writable(database, session));
    ERRAND_TRY(append_events(database, target, events));
    add_totals(database, target.key, totals);
    add_usage(database, target.key, events, totals);
    if (totals.reservation != 0) remove_reservation(database, totals.reservation);
    transaction.commit();
    if (reservations_.erase(totals.reservation) > 0) set_heartbeat();
    return {};
  });
}

Result<void> SqliteStore::end_run(const RunEnd& run, const std::vector<Lasting>& events) {
  return with_database([&](Database& database) -> Result<void> {
    Transaction transaction(database, Durability::power_loss);
    ERRAND_TRY_ASSIGN(const auto target, leases_.writable(database, run.session));
    ERRAND_TRY(append_events(database, target, events));
    ERRAND_TRY(finish_run(database, target, run));
    const bool runs_own_lease = leases_.held(run.session) == Leases::Until::run_ends;
    if (runs_own_lease) leases_.remove_row(database, run.session);
    transaction.commit();
    if (runs_own_lease) leases_.forget(run.session);
    set_heartbeat();
    return {};
  });
}

Result<void> SqliteStore::amend_run(std::string_view run, int exit_code, std::string_view error_kind) {
  return with_database([&](Database& database) -> Result<void> {
    Transaction transaction(database, Durability::power_loss);
    ERRAND_TRY(amend_ended_run(database, run, exit_code, error_kind));
    transaction.commit();
    return {};
  });
}

Result<History> SqliteStore::read_history(std::string_view session) {
  return with_database([&](Database& database) -> Result<History> {
    ERRAND_TRY_ASSIGN(const auto key, key_of(database, session));
    return read_messages(database, key);
  });
}

Result<std::vector<StoredRecord>> SqliteStore::records(std::string_view session) {
  return with_database([&](Database& database) -> Result<std::vector<StoredRecord>> {
    ERRAND_TRY_ASSIGN(const auto key, key_of(database, session));
    return read_records(database, key);
  });
}

Result<std::string> SqliteStore::files_directory(std::string_view session) {
  ERRAND_TRY(check_id(session));
  const std::lock_guard lock(mutex_);
  return files_.directory_of(session);
}

Result<std::int64_t> SqliteStore::keep_absent(std::string_view session, std::string_view call_id,
                                              std::string_view path) {
  return keep_snapshot(session, {.call_id = std::string(call_id), .path = std::string(path)}, {});
}

Result<std::int64_t> SqliteStore::keep_content(std::string_view session, std::string_view call_id,
                                               std::string_view path, std::string_view content, std::int64_t size) {
  return keep_snapshot(session,
                       {.call_id = std::string(call_id),
                        .path = std::string(path),
                        .before = size > max_snapshot_bytes ? Snapshot::Before::left : Snapshot::Before::kept,
                        .size = size},
                       content);
}

// The content before the row that names it. Neither is worth anything after a power loss without the result of the
// call, and that is appended durably.
Result<std::int64_t> SqliteStore::keep_snapshot(std::string_view session, Snapshot snapshot, std::string_view content) {
  snapshot.time = now();
  if (snapshot.before == Snapshot::Before::kept) snapshot.hash = sha256_hex(content);
  return with_database([&](Database& database) -> Result<std::int64_t> {
    ERRAND_TRY_ASSIGN(const auto key, key_of(database, session));
    Transaction transaction(database, Durability::crash);
    if (!snapshot.hash.empty() && !has_snapshot_content(database, key, snapshot.hash)) {
      if (snapshot_bytes(database, key) + snapshot.size > max_session_snapshot_bytes) {
        snapshot.before = Snapshot::Before::left;
        snapshot.hash.clear();
      } else {
        ERRAND_TRY_ASSIGN(const auto directory, snapshots_.directory_of(session));
        ERRAND_TRY(as_storage(write_file_atomic(join_path(directory, snapshot.hash), content, 0600)));
      }
    }
    const auto row = insert_snapshot(database, key, snapshot);
    transaction.commit();
    return row;
  });
}

Result<void> SqliteStore::note_after(std::int64_t snapshot, std::string_view hash) {
  return with_database([&](Database& database) -> Result<void> {
    Transaction transaction(database, Durability::crash);
    set_after(database, snapshot, hash);
    transaction.commit();
    return {};
  });
}

Result<std::vector<Snapshot>> SqliteStore::snapshots(std::string_view session, std::int64_t position) {
  return with_database([&](Database& database) -> Result<std::vector<Snapshot>> {
    ERRAND_TRY_ASSIGN(const auto key, key_of(database, session));
    return read_snapshots(database, key, position);
  });
}

Result<std::string> SqliteStore::snapshot_content(std::string_view session, std::string_view hash) {
  ERRAND_TRY(check_id(session));
  ERRAND_TRY_ASSIGN(const auto directory, [&] {
    const std::lock_guard lock(mutex_);
    return snapshots_.directory_of(session);
  }());
  ERRAND_TRY_ASSIGN(auto content, as_storage(read_file(join_path(directory, hash), max_snapshot_bytes)));
  if (sha256_hex(content) == hash) return content;
  return fail(ErrorKind::storage, fmt::format("what was kept as {} is damaged", join_path(directory, hash)));
}

Result<SearchResult> SqliteStore::search(const SearchQuery& query) {
  return with_database([&](Database& database) { return search_messages(database, query); });
}

void SqliteStore::renew() {
  const auto renewed = with_database([&](Database& database) -> Result<void> {
    Transaction transaction(database, Durability::crash);
    leases_.renew(database);
    transaction.commit();
    return {};
  });
  // Whoever took it over for that is noticed by the next append.
  if (!renewed) log::warn("store: can't renew leases: {}", renewed.error().message);
}

void SqliteStore::set_heartbeat() {
  // Nobody else can see a lease in memory.
  if (holds_any() && !database_->in_memory()) {
    heartbeat_->on();
  } else {
    heartbeat_->off();
  }
}

}  // namespace errand::store
