#include <algorithm>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/output.hpp"
#include "cli/sessions.hpp"

namespace errand::cli {

namespace {

std::string question_about(const std::vector<store::SessionInfo>& sessions) {
  if (sessions.size() > 1) return fmt::format("delete {} sessions with all that was said in them?", sessions.size());
  const auto& info = sessions.front();
  return fmt::format("delete session {} \"{}\" ({}) with all that was said in it?", info.id, info.start.title,
                     text::count_of(static_cast<std::size_t>(info.turns), "turn"));
}

}  // namespace

// All are found before one is removed, and all are removed or none.
Result<int> sessions_delete(const SessionCall& call) {
  ERRAND_TRY_ASSIGN(const auto desk, open_sessions(call));
  std::vector<store::SessionInfo> sessions;
  for (const auto& reference : call.words) {
    ERRAND_TRY_ASSIGN(auto info, desk.find(reference));
    if (std::ranges::none_of(sessions, [&](const auto& other) { return other.id == info.id; })) {
      sessions.push_back(std::move(info));
    }
  }
  ERRAND_TRY_ASSIGN(const bool confirmed, is_confirmed(call, "delete", question_about(sessions)));
  if (!confirmed) return fail(ErrorKind::failure, "nothing was removed");
  std::vector<std::string> ids;
  for (const auto& info : sessions) ids.push_back(info.id);
  ERRAND_TRY_ASSIGN(const auto removed, desk.store->remove(ids, store::SessionFiles::removed));
  if (call.options.json) return print_json({{"removed", removed.sessions}, {"messages", removed.messages}});
  print_note(call.invocation.globals,
             fmt::format("removed {} with {}", text::count_of(removed.sessions.size(), "session"),
                         text::count_of(static_cast<std::size_t>(removed.messages), "message")));
  return 0;
}

}  // namespace errand::cli
