// What SqliteStore does beside sessions: the journal, budgets and locks.

#include "base/log.hpp"
#include "base/try.hpp"
#include "store/sqlite_budgets.hpp"
#include "store/sqlite_journal.hpp"
#include "store/sqlite_locks.hpp"
#include "store/sqlite_sessions.hpp"
#include "store/sqlite_store.hpp"
#include "store/sqlite_usage.hpp"

namespace errand::store {

namespace {

class SqliteLock final : public Lease {
 public:
  SqliteLock(SqliteStore& store, std::string name) : store_(store), name_(std::move(name)) {}
  ~SqliteLock() override { store_.unlock(name_); }
  SqliteLock(const SqliteLock&) = delete;
  SqliteLock& operator=(const SqliteLock&) = delete;

 private:
  SqliteStore& store_;
  std::string name_;
};

}  // namespace

Result<std::vector<RunInfo>> SqliteStore::list_runs(const RunQuery& query) {
  return with_database(
      [&](Database& database) -> Result<std::vector<RunInfo>> { return read_runs(database, leases_, query); });
}

Result<RunInfo> SqliteStore::find_run(std::string_view reference) {
  return with_database([&](Database& database) { return find_run_row(database, leases_, reference); });
}

Result<std::vector<StoredRecord>> SqliteStore::records_of(const RunInfo& run, std::int64_t after) {
  return with_database([&](Database& database) -> Result<std::vector<StoredRecord>> {
    ERRAND_TRY_ASSIGN(const auto key, key_of(database, run.session));
    return read_run_records(database, key, run, after);
  });
}

Result<std::vector<UsageGroup>> SqliteStore::usage(const UsageQuery& query) {
  return with_database(
      [&](Database& database) -> Result<std::vector<UsageGroup>> { return read_usage(database, query); });
}

Result<Reservation> SqliteStore::reserve(const Charge& charge) {
  return with_database([&](Database& database) -> Result<Reservation> {
    // After a power loss nobody is left who would spend it.
    Transaction transaction(database, Durability::crash);
    ERRAND_TRY_ASSIGN(const auto reserved, insert_reservation(database, leases_, charge));
    transaction.commit();
    reservations_.insert(reserved.id);
    set_heartbeat();
    return reserved;
  });
}

Result<void> SqliteStore::settle(std::int64_t reservation, const Spending& spending) {
  return with_database([&](Database& database) -> Result<void> {
    Transaction transaction(database, Durability::power_loss);
    insert_spending(database, spending);
    remove_reservation(database, reservation);
    transaction.commit();
    reservations_.erase(reservation);
    set_heartbeat();
    return {};
  });
}

Result<void> SqliteStore::release(std::int64_t reservation) {
  return with_database([&](Database& database) -> Result<void> {
    reservations_.erase(reservation);
    set_heartbeat();
    Transaction transaction(database, Durability::crash);
    remove_reservation(database, reservation);
    transaction.commit();
    return {};
  });
}

Result<std::unique_ptr<Lease>> SqliteStore::lock(std::string_view name) {
  return with_database([&](Database& database) -> Result<std::unique_ptr<Lease>> {
    Transaction transaction(database, Durability::crash);
    ERRAND_TRY(take_lock(database, leases_, name));
    transaction.commit();
    locks_.insert(std::string(name));
    set_heartbeat();
    return std::make_unique<SqliteLock>(*this, std::string(name));
  });
}

void SqliteStore::unlock(const std::string& name) {
  const auto unlocked = with_database([&](Database& database) -> Result<void> {
    locks_.erase(name);
    set_heartbeat();
    Transaction transaction(database, Durability::crash);
    remove_lock(database, leases_, name);
    transaction.commit();
    return {};
  });
  if (!unlocked) log::warn("store: can't give the lock {} back: {}", name, unlocked.error().message);
}

bool SqliteStore::holds_any() const {
  return leases_.holds_any() || !locks_.empty() || !reservations_.empty();
}

}  // namespace errand::store
