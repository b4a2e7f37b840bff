#include <cstdlib>

#include <fmt/format.h>

#include "base/try.hpp"
#include "chat/codec.hpp"
#include "render/summary.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_copy(const std::string& argument, SlashContext& context);

namespace {

std::string last_answer(const store::History& history) {
  for (auto i = history.messages.rbegin(); i != history.messages.rend(); ++i) {
    const auto* said = std::get_if<chat::AssistantMessage>(&i->body);
    if (said != nullptr && !said->text().empty()) return said->text();
  }
  return "";
}

}  // namespace

// OSC 52, xterm's "Manipulate Selection Data": works over ssh, where the terminal allows it.
Result<After> run_copy(const std::string&, SlashContext& context) {
  ERRAND_TRY_ASSIGN(const auto history, context.chat.conversation());
  const auto text = last_answer(history);
  if (text.empty()) return fail(ErrorKind::failure, "there is no answer to copy yet");
  ERRAND_TRY(context.to_terminal(fmt::format("\x1b]52;c;{}\x07", chat::base64_encode(text))));
  context.say(fmt::format("asked the terminal to copy {}", render::size_text(text.size())));
  if (std::getenv("TMUX") != nullptr) context.say("tmux passes it on where it was told: tmux set -g set-clipboard on");
  return After::go_on;
}

}  // namespace errand::repl
