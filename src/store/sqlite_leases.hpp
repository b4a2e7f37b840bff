#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "store/owner.hpp"
#include "store/sqlite_database.hpp"

namespace errand::store {

/// A row of `leases`.
struct Holder {
  std::string token;
  Owner owner;
  Timestamp acquired{};
  Timestamp renewed{};
};

/// The columns of `leases` that read_holder() takes, for a statement that joins them as `l`.
inline constexpr std::string_view holder_columns =
    "l.token, l.pid, l.started, l.boot, l.host, l.pid_namespace, l.acquired, l.renewed";
std::optional<Holder> read_holder(const Rows& rows, int first_column);

/// How long something is held, for messages: "12s", "5m".
std::string age_of(Timestamp then);

/// A session as a writer finds it.
struct Target {
  std::string id;
  std::int64_t key = 0;
  std::int64_t last_position = 0;
  std::string state;
  std::optional<Holder> holder;
};

/// The leases one store object holds, and its judgement of others'. Not thread-safe; changes are made inside the
/// caller's transaction and remembered with hold() and forget() once that is committed.
class Leases {
 public:
  /// What ends a lease.
  enum class Until {
    released,  ///< the Lease object goes
    run_ends,  ///< end_run()
  };

  Leases();

  /// The session, for writing. `failure` when unknown; `busy` when another process writes to it, or took it from us.
  Result<Target> writable(Database& database, std::string_view session) const;

  /// Makes the lease ours. Fails with `busy` unless there is none or a dead owner's.
  Result<Target> take(Database& database, std::string_view session) const;
  void write_row(Database& database, const Target& target) const;
  void remove_row(Database& database, std::string_view session) const;
  void remove_all_rows(Database& database) const;
  void renew(Database& database) const;

  void hold(std::string_view session, Until until) { held_.insert_or_assign(std::string(session), until); }
  void forget(std::string_view session);
  [[nodiscard]] bool holds_any() const { return !held_.empty(); }
  [[nodiscard]] std::optional<Until> held(std::string_view session) const;

  /// Whether the holder of a lease lives.
  [[nodiscard]] bool is_live(const Holder& holder) const;

  /// What a row of ours has in its columns: who we are.
  [[nodiscard]] const Owner& self() const;
  [[nodiscard]] const std::string& token() const { return token_; }

 private:
  [[nodiscard]] tl::unexpected<Error> busy(const Target& target) const;

  std::string token_;                  ///< names this store object
  mutable std::optional<Owner> self_;  ///< looked up when first needed
  std::map<std::string, Until, std::less<>> held_;
};

}  // namespace errand::store
