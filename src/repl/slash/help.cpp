#include <algorithm>

#include <fmt/format.h>

#include "base/unicode.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_help(const std::string& argument, SlashContext& context);

namespace {

std::string usage_of(const SlashCommand& command) {
  return command.argument.empty() ? std::string(command.name) : fmt::format("{} {}", command.name, command.argument);
}

}  // namespace

Result<After> run_help(const std::string&, SlashContext& context) {
  std::size_t widest = 0;
  for (const auto& command : slash_commands()) widest = std::max(widest, unicode::width(usage_of(command)));
  for (const auto& command : slash_commands()) {
    const auto usage = usage_of(command);
    context.say(fmt::format("{}{:{}}  {}", usage, "", widest - unicode::width(usage), command.help));
  }
  context.say("Ctrl-C cancels the answer in progress; @path in a prompt attaches that file");
  return After::go_on;
}

}  // namespace errand::repl
