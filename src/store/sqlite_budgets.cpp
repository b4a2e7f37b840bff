#include "store/sqlite_budgets.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/money.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "store/budget_spent.hpp"

namespace errand::store {

namespace {

struct Taken {
  double spent = 0;
  double held = 0;  // set aside for requests under way
};

void remove_dead(Database& database, const Leases& leases) {
  static const auto sql = fmt::format("SELECT l.key, {} FROM reservations l", holder_columns);
  std::vector<std::int64_t> dead;
  {
    auto rows = database.query(sql, {});
    while (rows.next()) {
      if (!leases.is_live(*read_holder(rows, 1))) dead.push_back(rows.integer(0));
    }
  }
  for (const auto key : dead) remove_reservation(database, key);
}

double sum(Database& database, std::string_view sql, std::initializer_list<Value> values) {
  auto rows = database.query(sql, values);
  rows.next();
  return rows.real(0).value_or(0);
}

Taken taken_of(Database& database, const Budget& budget, Timestamp at) {
  const auto from = to_ms(begin_of(budget.period, at));
  if (budget.agent.empty()) {
    return {sum(database, "SELECT total(presumed_usd) FROM usage_by_turn WHERE time >= ?", {from}),
            sum(database, "SELECT total(usd) FROM reservations", {})};
  }
  return {sum(database,
              "SELECT total(presumed_usd) FROM usage_by_turn WHERE time >= ?1 AND (agent = ?2 OR root_agent = ?2)",
              {from, budget.agent}),
          sum(database, "SELECT total(usd) FROM reservations WHERE agent = ?1 OR root_agent = ?1", {budget.agent})};
}

tl::unexpected<Error> refused(const Budget& budget, const Taken& taken, double more, Timestamp at) {
  const auto whose = budget.agent.empty() ? std::string() : fmt::format("agent \"{}\" has for ", budget.agent);
  const auto held = taken.held > 0 ? fmt::format(", {} set aside for requests under way", format_usd(taken.held)) : "";
  const auto key = fmt::format("{}.{}_usd", budget.agent.empty() ? "budgets" : "limits", name_of(budget.period));
  return fail(Error{.kind = ErrorKind::limit,
                    .message = fmt::format("the next request costs about {}, which is more than is left of the {} {}a "
                                           "{}: {} spent{}",
                                           format_usd(more), format_usd(budget.usd), whose, name_of(budget.period),
                                           format_usd(taken.spent), held),
                    .hint = fmt::format("the {} ends at {}; or raise {}", name_of(budget.period),
                                        local_time(end_of(budget.period, at)), key),
                    .code = std::string(budget_spent)});
}

}  // namespace

Result<Reservation> insert_reservation(Database& database, const Leases& leases, const Charge& charge) {
  remove_dead(database, leases);
  const auto at = now();
  auto output = charge.output_usd;
  for (const auto& budget : charge.budgets) {
    const auto taken = taken_of(database, budget, at);
    const auto left = budget.usd - taken.spent - taken.held;
    if (left <= 0 || charge.prompt_usd > left) return refused(budget, taken, charge.prompt_usd, at);
    output = std::min(output, (left - charge.prompt_usd) / 2);
  }
  const auto& owner = leases.self();
  database.run(
      "INSERT INTO reservations(agent, root_agent, usd, token, pid, started, boot, host, pid_namespace, acquired, "
      "renewed) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)",
      {charge.agent, charge.root_agent, charge.prompt_usd + output, leases.token(), owner.pid, owner.started,
       owner.boot, owner.host, owner.pid_namespace, to_ms(at)});
  return Reservation{database.last_key(), output};
}

void remove_reservation(Database& database, std::int64_t reservation) {
  database.run("DELETE FROM reservations WHERE key = ?", {reservation});
}

}  // namespace errand::store
