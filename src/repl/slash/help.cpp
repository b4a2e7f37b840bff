#include <fmt/format.h>

#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_help(const std::string& argument, SlashContext& context);

Result<After> run_help(const std::string&, SlashContext& context) {
  for (const auto& command : slash_commands()) {
    context.say(fmt::format("{:<7} {:<8} {}", command.name, command.argument, command.help));
  }
  context.say("Ctrl-C cancels the answer in progress; @path in a prompt attaches that file");
  return After::go_on;
}

}  // namespace errand::repl
