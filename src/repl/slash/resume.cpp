#include <fmt/format.h>

#include "base/try.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_resume(const std::string& argument, SlashContext& context);

Result<After> run_resume(const std::string& argument, SlashContext& context) {
  if (argument.empty()) {
    ERRAND_TRY(context.run_command({"sessions", "list", "--limit", "10"}));
    context.say("/resume ID goes on with one");
    return After::go_on;
  }
  ERRAND_TRY_ASSIGN(auto session, context.find_session(argument));
  context.say(fmt::format("the next prompt goes on with {}: {}", session.id, session.start.title));
  context.chat.resume_with(std::move(session));
  return After::go_on;
}

}  // namespace errand::repl
