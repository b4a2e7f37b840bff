#include "store/sqlite_runs.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/id.hpp"
#include "base/json.hpp"
#include "chat/codec.hpp"
#include "chat/names.hpp"

namespace errand::store {

namespace {

// The user's own stop is no failure of the session.
std::string_view state_after(const RunEnd& run) {
  const bool failed = !run.error_kind.empty() && run.error_kind != name_of(ErrorKind::cancelled);
  return failed ? "failed" : "idle";
}

}  // namespace

void interrupt_open_runs(Database& database, const Target& target) {
  if (target.state != "running") return;
  // Nobody saw the end: the last thing stored is the last that is known.
  database.run(
      "UPDATE runs SET state = 'interrupted', ended = (SELECT updated FROM sessions WHERE key = ?1) "
      "WHERE session = ?1 AND state = 'running'",
      {target.key});
  database.run("UPDATE sessions SET state = 'interrupted' WHERE key = ?", {target.key});
}

Result<void> insert_run(Database& database, const Target& target, const RunStart& run) {
  if (!is_uuid(run.id)) return fail(ErrorKind::internal, fmt::format("\"{}\" is no run id", run.id));
  const auto argv = chat::dump(Json(run.argv));
  try {
    database.run(
        "INSERT INTO runs(id, session, agent, definition_hash, trigger, argv, state, started) "
        "VALUES(?, ?, ?, ?, ?, ?, 'running', ?)",
        {run.id, target.key, run.agent, run.definition_hash, run.trigger, argv, to_ms(run.started)});
  } catch (const SQLite::Exception& e) {
    if (e.getExtendedErrorCode() != SQLITE_CONSTRAINT_UNIQUE) throw;
    return fail(ErrorKind::failure, fmt::format("session {} has a run {} already", target.id, run.id));
  }
  database.run("UPDATE sessions SET state = 'running', runs = runs + 1, updated = max(updated, ?) WHERE key = ?",
               {to_ms(run.started), target.key});
  return {};
}

Result<void> finish_run(Database& database, const Target& target, const RunEnd& run) {
  const int changed = database.run(
      "UPDATE runs SET state = 'ended', ended = ?, exit_code = ?, error_kind = ?, stop_reason = ?, turns = ?, "
      "input = ?, output = ?, cache_read = ?, cache_write = ?, reasoning = ?, tool = ?, cost_usd = ? "
      "WHERE id = ? AND session = ? AND state = 'running'",
      {to_ms(run.ended), std::int64_t{run.exit_code}, or_null(run.error_kind), run.stop_reason, std::int64_t{run.turns},
       run.usage.input, run.usage.output, run.usage.cache_read, run.usage.cache_write, run.usage.reasoning,
       run.usage.tool, or_null(run.cost_usd), run.id, target.key});
  if (changed == 0) {
    return fail(ErrorKind::failure, fmt::format("session {} has no running run {}", target.id, run.id));
  }
  database.run("UPDATE sessions SET state = ?, updated = max(updated, ?) WHERE key = ?",
               {state_after(run), to_ms(run.ended), target.key});
  return {};
}

Result<void> amend_ended_run(Database& database, std::string_view run, int exit_code, std::string_view error_kind) {
  const int changed = database.run("UPDATE runs SET exit_code = ?, error_kind = ? WHERE id = ? AND state = 'ended'",
                                   {std::int64_t{exit_code}, or_null(std::string(error_kind)), std::string(run)});
  if (changed == 0) return fail(ErrorKind::failure, fmt::format("there is no ended run {}", run));
  database.run(
      "UPDATE sessions SET state = 'failed' WHERE state = 'idle' AND key = (SELECT session FROM runs WHERE id = ?)",
      {std::string(run)});
  return {};
}

}  // namespace errand::store
