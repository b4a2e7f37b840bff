#include "base/try.hpp"
#include "repl/notes.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_retry(const std::string& argument, SlashContext& context);

// What came of the prompt leaves the conversation, not the store: the session can be rewound to it.
Result<After> run_retry(const std::string&, SlashContext& context) {
  ERRAND_TRY_ASSIGN(const auto history, context.chat.conversation());
  const auto prompt = last_prompt(history);
  if (!prompt) return fail(ErrorKind::failure, "there is no prompt to ask again");
  ERRAND_TRY_ASSIGN(auto id, session_of(context));
  context.chat.let_go();
  ERRAND_TRY(context.run_command({"sessions", "rewind", std::move(id), "-1"}));
  show_prompt(*prompt, context);
  ERRAND_TRY(context.ask(*prompt));
  return After::go_on;
}

}  // namespace errand::repl
