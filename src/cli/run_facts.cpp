#include "cli/run_facts.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/try.hpp"
#include "chat/event_json.hpp"
#include "cli/listing.hpp"

namespace errand::cli {

namespace {

// What the journal and an export have in common.
template <class Run>
Json facts_of(const Run& run) {
  return {{"id", run.id},
          {"agent", run.agent},
          {"definition_hash", run.definition_hash},
          {"trigger", run.trigger},
          {"argv", run.argv},
          {"state", run.state},
          {"started", to_rfc3339(run.started)},
          {"ended", run.ended ? Json(to_rfc3339(*run.ended)) : Json(nullptr)},
          {"exit_code", run.exit_code ? Json(*run.exit_code) : Json(nullptr)},
          {"error_kind", text_or_null(run.error_kind)},
          {"stop_reason", text_or_null(run.stop_reason)},
          {"turns", run.turns},
          {"usage", chat::to_json(run.usage)},
          {"cost_usd", run.cost_usd ? Json(*run.cost_usd) : Json(nullptr)}};
}

}  // namespace

std::chrono::milliseconds duration_of(const store::RunInfo& run) {
  return std::max(std::chrono::milliseconds(0), run.ended.value_or(now()) - run.started);
}

std::string how_it_ended(const store::RunInfo& run) {
  if (!run.exit_code) return run.state;
  return fmt::format("exit {}{}", *run.exit_code, run.error_kind.empty() ? "" : fmt::format(" ({})", run.error_kind));
}

Json run_json(const store::StoredRun& run) {
  return facts_of(run);
}

Json run_json(const store::RunInfo& run) {
  auto out = facts_of(run);
  out["session"] = run.session;
  out["duration_ms"] = duration_of(run).count();
  out["pid"] = run.owner ? Json(run.owner->pid) : Json(nullptr);
  out["host"] = run.owner ? Json(run.owner->host) : Json(nullptr);
  return out;
}

Result<Json> done_of(store::RunJournal& journal, const store::RunInfo& run) {
  ERRAND_TRY_ASSIGN(const auto records, journal.records_of(run, 0));
  for (auto record = records.rbegin(); record != records.rend(); ++record) {
    if (record->type != "done") continue;
    auto body = Json::parse(record->json, nullptr, false);
    return body.is_object() ? body : Json(nullptr);
  }
  return Json(nullptr);
}

}  // namespace errand::cli
