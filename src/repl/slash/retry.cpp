#include <optional>

#include "base/try.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_retry(const std::string& argument, SlashContext& context);

namespace {

std::optional<chat::UserMessage> last_prompt(const store::History& history) {
  for (auto i = history.messages.rbegin(); i != history.messages.rend(); ++i) {
    if (const auto* prompt = std::get_if<chat::UserMessage>(&i->body)) return *prompt;
  }
  return std::nullopt;
}

}  // namespace

// What came of the prompt leaves the conversation, not the store: the session can be rewound to it.
Result<After> run_retry(const std::string&, SlashContext& context) {
  ERRAND_TRY_ASSIGN(const auto history, context.chat.conversation());
  const auto prompt = last_prompt(history);
  if (!prompt) return fail(ErrorKind::failure, "there is no prompt to ask again");
  ERRAND_TRY_ASSIGN(auto id, session_of(context));
  context.chat.let_go();
  ERRAND_TRY(context.run_command({"sessions", "rewind", std::move(id), "-1"}));
  ERRAND_TRY(context.ask(*prompt));
  return After::go_on;
}

}  // namespace errand::repl
