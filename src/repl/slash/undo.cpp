#include "base/try.hpp"
#include "repl/notes.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_undo(const std::string& argument, SlashContext& context);

Result<After> run_undo(const std::string&, SlashContext& context) {
  ERRAND_TRY_ASSIGN(auto id, session_of(context));
  ERRAND_TRY_ASSIGN(const auto history, context.chat.conversation());
  const auto prompt = last_prompt(history);
  if (!prompt) return fail(ErrorKind::failure, "there is no prompt to take back");
  show_prompt(*prompt, context);
  context.chat.let_go();
  ERRAND_TRY(context.run_command({"sessions", "rewind", std::move(id), "-1", "--files"}));
  return After::go_on;
}

}  // namespace errand::repl
