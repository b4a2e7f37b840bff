#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/output.hpp"
#include "cli/retention.hpp"
#include "cli/session_lines.hpp"
#include "cli/sessions.hpp"

namespace errand::cli {

namespace {

Result<store::StaleQuery> query_of(const SessionCall& call, const SessionDesk& desk) {
  const auto& options = call.options;
  if (!options.older_than && !options.keep_last) {
    return fail(ErrorKind::usage, "\"errand sessions prune\" wants --older-than or --keep-last",
                "errand sessions prune --older-than 90d --dry-run");
  }
  store::StaleQuery query;
  if (options.older_than) query.before = now() - *options.older_than;
  query.keep_newest = options.keep_last.value_or(0);
  ERRAND_TRY_ASSIGN(query.project, project_of(call, desk.config));
  query.agent = options.agent.value_or("");
  if (options.named) query.named = store::StaleQuery::Named::included;
  return query;
}

struct Pruned {
  std::vector<Archived> archived;
  std::vector<Error> kept;  // busy, each
};

Result<Pruned> prune(store::Store& store, const std::vector<store::SessionInfo>& sessions,
                     const store::StaleQuery& query) {
  Pruned out;
  for (const auto& info : sessions) {
    auto archived = archive_session(store, info, query);
    if (archived) {
      out.archived.push_back(*std::move(archived));
    } else if (archived.error().kind == ErrorKind::busy) {
      out.kept.push_back(std::move(archived).error());
    } else {
      return fail(std::move(archived).error());
    }
  }
  return out;
}

Result<int> print_dry_run(const SessionCall& call, const std::vector<store::SessionInfo>& sessions) {
  if (!call.options.json) return print_session_table(sessions);
  auto items = Json::array();
  for (const auto& info : sessions) items.push_back(session_json(info));
  return print_json({{"sessions", std::move(items)}, {"dry_run", true}});
}

Result<int> print_pruned(const SessionCall& call, const Pruned& pruned) {
  for (const auto& error : pruned.kept) print_note(call.invocation.globals, "kept: " + error.message);
  std::vector<store::SessionInfo> sessions;
  auto items = Json::array();
  for (const auto& archived : pruned.archived) {
    sessions.push_back(archived.info);
    items.push_back(session_json(archived.info));
    items.back()["archive"] = archived.file;
  }
  if (call.options.json) return print_json({{"sessions", std::move(items)}, {"dry_run", false}});
  ERRAND_TRY_ASSIGN(const int printed, print_session_table(sessions));
  if (sessions.empty()) return printed;
  const auto& file = pruned.archived.front().file;
  print_note(call.invocation.globals,
             fmt::format("archived {} in {}; \"errand sessions import\" brings one back",
                         text::count_of(sessions.size(), "session"), file.substr(0, file.rfind('/'))));
  return printed;
}

}  // namespace

Result<int> sessions_prune(const SessionCall& call) {
  ERRAND_TRY_ASSIGN(const auto desk, open_sessions(call));
  ERRAND_TRY_ASSIGN(const auto query, query_of(call, desk));
  ERRAND_TRY_ASSIGN(const auto sessions, desk.store->stale(query));
  if (call.options.dry_run) return print_dry_run(call, sessions);
  if (!sessions.empty()) {
    const auto question =
        fmt::format("archive {} and remove them from the store?", text::count_of(sessions.size(), "session"));
    ERRAND_TRY_ASSIGN(const bool confirmed, is_confirmed(call, "prune", question));
    if (!confirmed) return fail(ErrorKind::failure, "nothing was removed");
  }
  ERRAND_TRY_ASSIGN(const auto pruned, prune(*desk.store, sessions, query));
  return print_pruned(call, pruned);
}

}  // namespace errand::cli
