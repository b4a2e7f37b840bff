#include "store/sqlite_locks.hpp"

#include <fmt/format.h>

#include "base/try.hpp"
#include "base/unicode.hpp"
#include "store/reference.hpp"

namespace errand::store {

namespace {

std::optional<Holder> holder_of(Database& database, std::string_view name) {
  static const auto sql = fmt::format("SELECT {} FROM locks l WHERE l.name = ?", holder_columns);
  auto rows = database.query(sql, {name});
  return rows.next() ? read_holder(rows, 0) : std::nullopt;
}

}  // namespace

Result<void> take_lock(Database& database, const Leases& leases, std::string_view name) {
  ERRAND_TRY(check_lock_name(name));
  if (const auto holder = holder_of(database, name); holder && leases.is_live(*holder)) {
    std::string hint = "wait for it with --if-running wait, or skip the run with --if-running skip";
    if (!is_neighbour(holder->owner, leases.self())) {
      hint += "; if that process is gone, the lock is free within a minute";
    }
    return fail(ErrorKind::busy,
                fmt::format("the lock \"{}\" is held by process {} on {} since {}", name, holder->owner.pid,
                            unicode::sanitize(holder->owner.host), age_of(holder->acquired)),
                std::move(hint));
  }
  const auto& owner = leases.self();
  database.run(
      "INSERT OR REPLACE INTO locks(name, token, pid, started, boot, host, pid_namespace, acquired, renewed) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
      {name, leases.token(), owner.pid, owner.started, owner.boot, owner.host, owner.pid_namespace, to_ms(now())});
  return {};
}

void remove_lock(Database& database, const Leases& leases, std::string_view name) {
  database.run("DELETE FROM locks WHERE name = ? AND token = ?", {name, leases.token()});
}

}  // namespace errand::store
