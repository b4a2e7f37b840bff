#include "store/sqlite_usage.hpp"

#include <map>
#include <set>

#include "store/calendar.hpp"

namespace errand::store {

namespace {

// Which rows of usage_by_turn hold what.
enum Column {
  time,
  session,
  run,
  agent,
  model,
  project,
  turns,
  input,
  output,
  cache_read,
  cache_write,
  reasoning,
  tool,
  cost
};

// Local dates of moments that come in order: looked up anew only where the quarter of an hour changes, on whose bounds
// all time zones do.
class Dates {
 public:
  std::string day(std::int64_t ms) {
    constexpr std::int64_t quarter = 900'000;
    if (ms / quarter != quarter_) {
      quarter_ = ms / quarter;
      day_ = date_of(Period::day, from_ms(ms));
    }
    return day_;
  }

 private:
  std::int64_t quarter_ = -1;
  std::string day_;
};

std::string name_in(const Rows& rows, UsageBy by, Dates& dates) {
  switch (by) {
    case UsageBy::day:
      return dates.day(rows.integer(time));
    case UsageBy::month:
      return dates.day(rows.integer(time)).substr(0, std::string_view("2026-11").size());
    case UsageBy::agent:
      return rows.text(agent);
    case UsageBy::model:
      return rows.text(model);
    case UsageBy::session:
      return rows.text(session);
    case UsageBy::run:
      return rows.text(run);
    case UsageBy::project:
      return rows.text(project);
  }
  return {};
}

struct Counted {
  UsageGroup group;
  std::set<std::string> runs;
  std::string newest_run;  // most turns are of the same run as the one before
};

void add_row(const Rows& rows, Counted& to) {
  auto& group = to.group;
  group.turns += rows.integer(turns);
  ++group.requests;
  group.usage += {rows.integer(input),       rows.integer(output),    rows.integer(cache_read),
                  rows.integer(cache_write), rows.integer(reasoning), rows.integer(tool)};
  if (const auto usd = rows.real(cost)) {
    group.cost_usd += *usd;
  } else {
    ++group.without_price;
  }
  auto id = rows.text(run);
  if (id == to.newest_run && !to.runs.empty()) return;
  to.runs.insert(id);
  to.newest_run = std::move(id);
}

}  // namespace

void add_usage(Database& database, std::int64_t session_key, const std::vector<Lasting>& events, const Totals& totals) {
  int turns_left = totals.turns;
  for (const auto& event : events) {
    const auto* used = std::get_if<chat::event::UsageEvent>(&event.body);
    if (used == nullptr) continue;
    // The run's own session is the one that has no parent.
    database.run(
        "WITH RECURSIVE up(id, parent, agent) AS (SELECT id, parent, agent FROM sessions WHERE key = ?1 "
        "UNION ALL SELECT s.id, s.parent, s.agent FROM up JOIN sessions s ON s.id = up.parent) "
        "INSERT INTO usage_by_turn(time, session, run, agent, root_agent, model, project, turns, input, output, "
        "cache_read, cache_write, reasoning, tool, cost_usd, presumed_usd) "
        "SELECT ?2, up.id, ?3, own.agent, up.agent, ?4, own.project, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13 "
        "FROM up, sessions own WHERE up.parent IS NULL AND own.key = ?1",
        {session_key, to_ms(event.time), event.run, totals.model, std::int64_t{turns_left}, used->usage.input,
         used->usage.output, used->usage.cache_read, used->usage.cache_write, used->usage.reasoning, used->usage.tool,
         or_null(used->cost_usd), used->cost_usd.value_or(totals.presumed_usd)});
    turns_left = 0;
  }
}

void insert_spending(Database& database, const Spending& spending) {
  const auto& used = spending.usage;
  database.run(
      "INSERT INTO usage_by_turn(time, session, run, agent, root_agent, model, project, turns, input, output, "
      "cache_read, cache_write, reasoning, tool, cost_usd, presumed_usd) "
      "VALUES(?, '', ?, ?, ?, ?, '', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {to_ms(spending.time), spending.run, spending.agent, spending.root_agent, spending.model,
       std::int64_t{spending.turns}, used.input, used.output, used.cache_read, used.cache_write, used.reasoning,
       used.tool, or_null(spending.cost_usd), spending.cost_usd.value_or(spending.presumed_usd)});
}

std::vector<UsageGroup> read_usage(Database& database, const UsageQuery& query) {
  auto rows = database.query(
      "SELECT time, session, run, agent, model, project, turns, input, output, cache_read, cache_write, reasoning, "
      "tool, cost_usd FROM usage_by_turn WHERE time >= ?1 AND (?2 = '' OR project = ?2) ORDER BY time",
      {query.since ? to_ms(*query.since) : 0, query.project});
  std::map<std::vector<std::string>, Counted> groups;
  Dates dates;
  while (rows.next()) {
    std::vector<std::string> names;
    for (const auto by : query.by) names.push_back(name_in(rows, by, dates));
    add_row(rows, groups[std::move(names)]);
  }
  std::vector<UsageGroup> out;
  for (auto& [names, counted] : groups) {
    counted.group.names = names;
    counted.group.runs = static_cast<std::int64_t>(counted.runs.size());
    out.push_back(std::move(counted.group));
  }
  return out;
}

}  // namespace errand::store
