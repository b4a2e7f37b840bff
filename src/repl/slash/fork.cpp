#include <fmt/format.h>

#include "base/try.hpp"
#include "repl/notes.hpp"
#include "repl/slash.hpp"
#include "store/short_id.hpp"

namespace errand::repl {

Result<After> run_fork(const std::string& argument, SlashContext& context);

Result<After> run_fork(const std::string& argument, SlashContext& context) {
  const auto stopped = stopped_by_leaving(context);
  ERRAND_TRY_ASSIGN(const auto made, context.chat.fork(argument));
  if (!stopped.empty()) show_note(stopped, context);
  context.say(fmt::format("session {}, a copy of {}", store::short_id(made.id), store::short_id(made.forked_from)));
  return After::go_on;
}

}  // namespace errand::repl
