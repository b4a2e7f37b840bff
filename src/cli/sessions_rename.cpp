#include <fmt/format.h>

#include "base/try.hpp"
#include "cli/chat_hints.hpp"
#include "cli/output.hpp"
#include "cli/sessions.hpp"

namespace errand::cli {

// An empty name takes the name away.
Result<int> sessions_rename(const SessionCall& call) {
  ERRAND_TRY_ASSIGN(const auto desk, open_sessions(call));
  ERRAND_TRY_ASSIGN(const auto info, desk.find(call.words[0]));
  secrets::Redactor redactor;
  learn_secrets(redactor, desk.config);
  store::SessionChange change;
  change.name = redactor.clean(call.words[1]);
  ERRAND_TRY(desk.store->change(info.id, change));
  if (is_in_chat()) print_note(call.invocation.globals, fmt::format("this session is named {}", *change.name));
  return 0;
}

}  // namespace errand::cli
