#include "store/sqlite_journal.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/overloaded.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "store/reference.hpp"

namespace errand::store {

namespace {

constexpr std::size_t max_listed_matches = 5;
constexpr int first_holder_column = 20;

// As the index runs_started_alone has it, word for word.
constexpr std::string_view alone = "r.trigger NOT IN ('chat', 'subagent')";

std::string select_runs(std::string_view rest) {
  return fmt::format(
      "SELECT r.id, s.id, r.agent, r.definition_hash, r.trigger, r.argv, r.state, r.started, r.ended, r.exit_code, "
      "coalesce(r.error_kind, ''), coalesce(r.stop_reason, ''), r.turns, r.input, r.output, r.cache_read, "
      "r.cache_write, r.reasoning, r.tool, r.cost_usd, {} "
      "FROM runs r JOIN sessions s ON s.key = r.session LEFT JOIN leases l ON l.session = r.session {}",
      holder_columns, rest);
}

std::vector<std::string> words_of(const std::string& json) {
  const auto parsed = Json::parse(json, nullptr, false);
  std::vector<std::string> out;
  if (!parsed.is_array()) return out;
  for (const auto& word : parsed) {
    if (word.is_string()) out.push_back(word.get<std::string>());
  }
  return out;
}

// A run that nobody is in any more was interrupted, though nobody was there to say so.
void read_state(const Rows& rows, const Leases& leases, RunInfo& out) {
  out.state = rows.text(6);
  if (out.state != "running") return;
  const auto holder = read_holder(rows, first_holder_column);
  if (holder && leases.is_live(*holder)) {
    out.owner = holder->owner;
  } else {
    out.state = "interrupted";
  }
}

RunInfo read_run(const Rows& rows, const Leases& leases) {
  RunInfo out;
  out.id = rows.text(0);
  out.session = rows.text(1);
  out.agent = rows.text(2);
  out.definition_hash = rows.text(3);
  out.trigger = rows.text(4);
  out.argv = words_of(rows.text(5));
  read_state(rows, leases, out);
  out.started = from_ms(rows.integer(7));
  if (!rows.is_null(8)) out.ended = from_ms(rows.integer(8));
  if (!rows.is_null(9)) out.exit_code = static_cast<int>(rows.integer(9));
  out.error_kind = rows.text(10);
  out.stop_reason = rows.text(11);
  out.turns = static_cast<int>(rows.integer(12));
  out.usage = {rows.integer(13), rows.integer(14), rows.integer(15),
               rows.integer(16), rows.integer(17), rows.integer(18)};
  out.cost_usd = rows.real(19);
  return out;
}

bool wants_failed(const RunQuery& query) {
  return query.which == WhichRuns::failed || query.which == WhichRuns::all_failed;
}

bool has_failed(const RunInfo& run) {
  return run.state == "interrupted" || (run.state == "ended" && run.exit_code != 0);
}

std::vector<RunInfo> some_runs(Database& database, const Leases& leases, std::string_view sql,
                               std::initializer_list<Value> values) {
  auto rows = database.query(sql, values);
  std::vector<RunInfo> out;
  while (rows.next()) out.push_back(read_run(rows, leases));
  return out;
}

tl::unexpected<Error> ambiguous(const std::string& prefix, const std::vector<RunInfo>& matches) {
  std::vector<std::string> shown;
  for (const auto& match : matches) {
    if (shown.size() < max_listed_matches) {
      shown.push_back(fmt::format("{} ({}, {})", match.id, format_age(match.started, now()), match.agent));
    }
  }
  return fail(ErrorKind::failure,
              fmt::format("\"{}\" is the beginning of several runs: {}{}", prefix,
                          unicode::sanitize(text::join(shown, ", ")), matches.size() > shown.size() ? ", …" : ""),
              "write more of the id");
}

Result<RunInfo> with_prefix(Database& database, const Leases& leases, const std::string& prefix) {
  static const auto sql = select_runs("WHERE r.id >= ?1 AND r.id < ?1 || 'g' ORDER BY r.id DESC LIMIT ?2");
  auto found = some_runs(database, leases, sql, {prefix, static_cast<std::int64_t>(max_listed_matches + 1)});
  if (found.empty()) return no_such_run(prefix);
  if (found.size() > 1) return ambiguous(prefix, found);
  return std::move(found.front());
}

Result<RunInfo> with_id(Database& database, const Leases& leases, const std::string& id) {
  static const auto sql = select_runs("WHERE r.id = ? ORDER BY r.key LIMIT 1");
  auto found = some_runs(database, leases, sql, {id});
  if (found.empty()) return no_such_run(id);
  return std::move(found.front());
}

Result<RunInfo> with_rank(Database& database, const Leases& leases, int rank) {
  static const auto sql =
      select_runs(fmt::format("WHERE {} ORDER BY r.started DESC, r.id DESC LIMIT 1 OFFSET ?", alone));
  auto found = some_runs(database, leases, sql, {std::int64_t{rank} - 1});
  if (!found.empty()) return std::move(found.front());
  return fail(ErrorKind::failure,
              rank == 1 ? std::string("there is no run yet") : fmt::format("there are fewer than {} runs", rank),
              "see \"errand runs --all\"");
}

}  // namespace

std::string runs_sql(const RunQuery& query) {
  std::string where = "WHERE r.started >= ?1";
  const bool all = query.which == WhichRuns::all || query.which == WhichRuns::all_failed;
  if (!all) where += fmt::format(" AND {}", alone);
  where += query.agent.empty() ? " AND ?2 = ''" : " AND r.agent = ?2";
  // One that is said to be running may have been interrupted: who is in it is not SQL's to tell.
  if (wants_failed(query)) where += " AND (r.state <> 'ended' OR r.exit_code <> 0)";
  return select_runs(where + " ORDER BY r.started DESC, r.id DESC");
}

std::vector<RunInfo> read_runs(Database& database, const Leases& leases, const RunQuery& query) {
  auto rows = database.query(runs_sql(query), {query.since ? to_ms(*query.since) : 0, query.agent});
  std::vector<RunInfo> out;
  while ((query.limit <= 0 || out.size() < static_cast<std::size_t>(query.limit)) && rows.next()) {
    auto run = read_run(rows, leases);
    if (!wants_failed(query) || has_failed(run)) out.push_back(std::move(run));
  }
  return out;
}

Result<RunInfo> find_run_row(Database& database, const Leases& leases, std::string_view reference) {
  ERRAND_TRY_ASSIGN(const auto parsed, parse_run_reference(reference));
  return std::visit(overloaded{
                        [&](const FullId& full) { return with_id(database, leases, full.id); },
                        [&](const Rank& rank) { return with_rank(database, leases, rank.rank); },
                        [&](const Word& word) { return with_prefix(database, leases, word.text); },
                    },
                    parsed);
}

// A subagent's events are numbered in its parent's run, but it has a session of its own.
std::vector<StoredRecord> read_run_records(Database& database, std::int64_t session_key, const RunInfo& run,
                                           std::int64_t after) {
  const std::string only = run.trigger == "subagent" ? std::string() : run.id;
  auto rows = database.query(
      "SELECT position, type, message_id, run, agent_path, time, json FROM messages "
      "WHERE session = ?1 AND position > ?2 AND (?3 = '' OR run = ?3) "
      "UNION ALL SELECT position, type, '', run, agent_path, time, json FROM events "
      "WHERE session = ?1 AND position > ?2 AND (?3 = '' OR run = ?3) ORDER BY position",
      {session_key, after, only});
  std::vector<StoredRecord> out;
  while (rows.next()) {
    out.push_back({rows.integer(0), rows.text(1), rows.text(2), rows.text(3), rows.text(4), from_ms(rows.integer(5)),
                   rows.text(6)});
  }
  return out;
}

}  // namespace errand::store
