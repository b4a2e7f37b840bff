#include "agent/rewind.hpp"
#include "base/try.hpp"
#include "cli/output.hpp"
#include "cli/sessions.hpp"

namespace errand::cli {

namespace {

Result<store::SessionInfo> forked(store::Store& store, const std::string& id, const std::string& name,
                                  const std::optional<std::string>& at) {
  if (!at) return store.fork(id, name);
  ERRAND_TRY_ASSIGN(const auto records, store.records(id));
  ERRAND_TRY_ASSIGN(const auto message, agent::find_message(records, *at));
  return store.fork_at(id, name, message);
}

}  // namespace

// The new id alone on stdout, for scripts.
Result<int> sessions_fork(const SessionCall& call) {
  ERRAND_TRY_ASSIGN(const auto desk, open_sessions(call));
  ERRAND_TRY_ASSIGN(const auto info, desk.find(call.words[0]));
  ERRAND_TRY_ASSIGN(const auto made, forked(*desk.store, info.id, call.options.name.value_or(""), call.options.at));
  return print_out(made.id + "\n");
}

}  // namespace errand::cli
