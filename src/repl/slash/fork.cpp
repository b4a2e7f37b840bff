#include <fmt/format.h>

#include "base/try.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_fork(const std::string& argument, SlashContext& context);

Result<After> run_fork(const std::string& argument, SlashContext& context) {
  ERRAND_TRY_ASSIGN(const auto made, context.chat.fork(argument));
  context.say(fmt::format("session {}, a copy of {}", made.id, made.forked_from));
  return After::go_on;
}

}  // namespace errand::repl
