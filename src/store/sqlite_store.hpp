#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>

#include "store/file_area.hpp"
#include "store/heartbeat.hpp"
#include "store/sqlite_database.hpp"
#include "store/sqlite_leases.hpp"
#include "store/store.hpp"

namespace errand::store {

/// Sessions in SQLite: one connection, one caller at a time.
class SqliteStore final : public Store {
 public:
  /// The database's schema is current.
  SqliteStore(std::unique_ptr<Database> database, FileArea files, FileArea snapshots,
              std::chrono::milliseconds renew_every = owner_renewal);
  ~SqliteStore() override;
  SqliteStore(const SqliteStore&) = delete;
  SqliteStore& operator=(const SqliteStore&) = delete;

  Result<SessionInfo> create(const NewSession& session) override;
  Result<SessionInfo> find(std::string_view reference, std::string_view project) override;
  Result<std::vector<SessionInfo>> list(const SessionQuery& query) override;
  Result<void> change(std::string_view session, const SessionChange& change) override;
  Result<SessionInfo> fork(std::string_view session, std::string_view name) override;
  Result<std::unique_ptr<Lease>> lease(std::string_view session) override;
  Result<void> begin_run(const RunStart& run, const std::vector<Lasting>& events) override;
  Result<void> append(std::string_view session, const std::vector<Lasting>& events, const Totals& totals) override;
  Result<void> end_run(const RunEnd& run, const std::vector<Lasting>& events) override;
  Result<void> amend_run(std::string_view run, int exit_code, std::string_view error_kind) override;
  Result<History> read_history(std::string_view session) override;
  Result<std::vector<StoredRecord>> records(std::string_view session) override;
  Result<std::string> files_directory(std::string_view session) override;
  Result<SearchResult> search(const SearchQuery& query) override;

  Result<std::int64_t> keep_absent(std::string_view session, std::string_view call_id, std::string_view path) override;
  Result<std::int64_t> keep_content(std::string_view session, std::string_view call_id, std::string_view path,
                                    std::string_view content, std::int64_t size) override;
  Result<void> note_after(std::int64_t snapshot, std::string_view hash) override;
  Result<std::vector<Snapshot>> snapshots(std::string_view session, std::int64_t position) override;
  Result<std::string> snapshot_content(std::string_view session, std::string_view hash) override;

  Result<WholeSession> read_whole(std::string_view session) override;
  Result<std::vector<StoredRecord>> records_after(std::string_view session, std::int64_t position) override;
  Result<std::int64_t> change_count() override;
  Result<std::vector<std::string>> family(std::string_view session) override;
  Result<SessionInfo> fork_at(std::string_view session, std::string_view name, std::string_view message_id) override;
  Result<SessionInfo> import_session(const WholeSession& session) override;
  Result<Removed> remove(const std::vector<std::string>& sessions, SessionFiles files) override;
  Result<Removed> remove_archived(const std::vector<SeenSession>& family, const StaleQuery& query) override;
  Result<std::vector<SessionInfo>> stale(const StaleQuery& query) override;
  Result<std::string> archive_directory() override;
  Result<std::vector<KeptFile>> kept_files(std::string_view session) override;

  Result<std::vector<RunInfo>> list_runs(const RunQuery& query) override;
  Result<RunInfo> find_run(std::string_view reference) override;
  Result<std::vector<StoredRecord>> records_of(const RunInfo& run, std::int64_t after) override;
  Result<std::vector<UsageGroup>> usage(const UsageQuery& query) override;
  Result<Reservation> reserve(const Charge& charge) override;
  Result<void> settle(std::int64_t reservation, const Spending& spending) override;
  Result<void> release(std::int64_t reservation) override;
  Result<std::unique_ptr<Lease>> lock(std::string_view name) override;

  /// What a Lease does when it goes.
  void release(const std::string& session);
  void unlock(const std::string& name);

 private:
  /// work(database) under the lock, SQLite's exceptions made errors.
  template <class Work>
  auto with_database(Work&& work) -> decltype(work(std::declval<Database&>()));

  Result<std::int64_t> keep_snapshot(std::string_view session, Snapshot snapshot, std::string_view content);
  Result<Removed> remove_after(const std::vector<std::string>& sessions, SessionFiles files,
                               const std::function<Result<void>(Database&)>& look);
  Result<void> remove_files(const std::string& session, SessionFiles files);
  void renew();
  void set_heartbeat();
  [[nodiscard]] bool holds_any() const;

  std::mutex mutex_;
  std::unique_ptr<Database> database_;
  FileArea files_;
  FileArea snapshots_;
  Leases leases_;
  std::set<std::string> locks_;           // names that we hold
  std::set<std::int64_t> reservations_;   // that we made
  std::unique_ptr<Heartbeat> heartbeat_;  // last: its thread uses the others
};

template <class Work>
auto SqliteStore::with_database(Work&& work) -> decltype(work(std::declval<Database&>())) {
  const std::lock_guard lock(mutex_);
  try {
    return work(*database_);
  } catch (const SQLite::Exception& e) {
    return fail(database_->error_of(e));
  }
}

}  // namespace errand::store
