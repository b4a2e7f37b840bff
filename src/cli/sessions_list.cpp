#include <algorithm>

#include "base/json.hpp"
#include "base/try.hpp"
#include "cli/output.hpp"
#include "cli/session_lines.hpp"
#include "cli/sessions.hpp"

namespace errand::cli {

Result<int> sessions_list(const SessionCall& call) {
  const auto& options = call.options;
  ERRAND_TRY_ASSIGN(const auto desk, open_sessions(call));
  store::SessionQuery query;
  ERRAND_TRY_ASSIGN(query.project, project_of(call, desk.config));
  query.agent = options.agent.value_or("");
  if (options.since) query.since = now() - *options.since;
  query.limit = options.all ? 0 : static_cast<int>(std::min<std::int64_t>(options.limit.value_or(20), 1'000'000'000));
  query.with_subagents = options.all;
  ERRAND_TRY_ASSIGN(const auto sessions, desk.store->list(query));
  if (!options.json) return print_session_table(sessions);
  auto items = Json::array();
  for (const auto& info : sessions) items.push_back(session_json(info));
  return print_json({{"sessions", std::move(items)}});
}

}  // namespace errand::cli
