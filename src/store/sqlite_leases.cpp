#include "store/sqlite_leases.hpp"

#include <fmt/format.h>

#include "base/id.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "store/reference.hpp"
#include "store/short_id.hpp"

namespace errand::store {

namespace {

Result<Target> find_target(Database& database, std::string_view session) {
  ERRAND_TRY(check_id(session));
  static const auto sql = fmt::format(
      "SELECT s.key, s.last_position, s.state, {} FROM sessions s LEFT JOIN leases l ON l.session = s.key WHERE s.id = "
      "?",
      holder_columns);
  auto rows = database.query(sql, {session});
  if (!rows.next()) return no_such_session(session);
  return Target{std::string(session), rows.integer(0), rows.integer(1), rows.text(2), read_holder(rows, 3)};
}

}  // namespace

std::string age_of(Timestamp then) {
  const auto age = now() - then;
  if (age >= std::chrono::minutes(1)) return format_age(then, now());
  return fmt::format("{}s", std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(age).count()));
}

std::optional<Holder> read_holder(const Rows& rows, int first_column) {
  const auto at = [&](int offset) { return first_column + offset; };
  if (rows.is_null(at(0))) return std::nullopt;
  return Holder{
      rows.text(at(0)),
      Owner{rows.integer(at(1)), rows.integer(at(2)), rows.text(at(3)), rows.text(at(4)), rows.integer(at(5))},
      from_ms(rows.integer(at(6))), from_ms(rows.integer(at(7)))};
}

Leases::Leases() : token_(random_hex(8)) {}

const Owner& Leases::self() const {
  if (!self_) self_ = current_owner();
  return *self_;
}

bool Leases::is_live(const Holder& holder) const {
  return holder.token == token_ || is_alive(holder.owner, self(), holder.renewed, now());
}

std::optional<Leases::Until> Leases::held(std::string_view session) const {
  const auto found = held_.find(session);
  return found == held_.end() ? std::nullopt : std::optional(found->second);
}

void Leases::forget(std::string_view session) {
  const auto found = held_.find(session);
  if (found != held_.end()) held_.erase(found);
}

tl::unexpected<Error> Leases::busy(const Target& target) const {
  if (!target.holder) {
    return fail(ErrorKind::busy, fmt::format("session {} was taken over by another process meanwhile", target.id),
                "what was stored is kept; resume it to go on");
  }
  const auto& holder = *target.holder;
  std::string hint = "wait until it is done, or go on in a copy with --fork";
  if (!is_neighbour(holder.owner, self())) hint += "; if that process is gone, the session is free within a minute";
  return fail(ErrorKind::busy,
              fmt::format("session {} is in use by process {} on {} since {}", short_id(target.id), holder.owner.pid,
                          unicode::sanitize(holder.owner.host), age_of(holder.acquired)),
              std::move(hint));
}

Result<Target> Leases::writable(Database& database, std::string_view session) const {
  ERRAND_TRY_ASSIGN(auto target, find_target(database, session));
  const bool ours = target.holder && target.holder->token == token_;
  const bool lost = held(session) && !ours;
  const bool others = target.holder && !ours && is_live(*target.holder);
  if (lost || others) return busy(target);
  return target;
}

Result<Target> Leases::take(Database& database, std::string_view session) const {
  ERRAND_TRY_ASSIGN(auto target, find_target(database, session));
  if (target.holder && is_live(*target.holder)) return busy(target);
  write_row(database, target);
  return target;
}

void Leases::write_row(Database& database, const Target& target) const {
  const auto& owner = self();
  const auto at = to_ms(now());
  database.run(
      "INSERT OR REPLACE INTO leases(session, token, pid, started, boot, host, pid_namespace, acquired, renewed) "
      "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {target.key, token_, owner.pid, owner.started, owner.boot, owner.host, owner.pid_namespace, at, at});
}

void Leases::remove_row(Database& database, std::string_view session) const {
  database.run("DELETE FROM leases WHERE session = (SELECT key FROM sessions WHERE id = ?) AND token = ?",
               {session, token_});
}

void Leases::remove_all_rows(Database& database) const {
  database.run("DELETE FROM leases WHERE token = ?", {token_});
  database.run("DELETE FROM locks WHERE token = ?", {token_});
  database.run("DELETE FROM reservations WHERE token = ?", {token_});
}

void Leases::renew(Database& database) const {
  const auto at = to_ms(now());
  database.run("UPDATE leases SET renewed = ? WHERE token = ?", {at, token_});
  database.run("UPDATE locks SET renewed = ? WHERE token = ?", {at, token_});
  database.run("UPDATE reservations SET renewed = ? WHERE token = ?", {at, token_});
}

}  // namespace errand::store
