#include "repl/notes.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_new(const std::string& argument, SlashContext& context);

Result<After> run_new(const std::string&, SlashContext& context) {
  tell_of_stopped(context);
  context.chat.start_new();
  context.say("the next prompt begins a new session");
  return After::go_on;
}

}  // namespace errand::repl
