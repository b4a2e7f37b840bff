#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/unicode.hpp"
#include "config/prompt_commands.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_help(const std::string& argument, SlashContext& context);

namespace {

struct Row {
  std::string usage;
  std::string help;
};

std::string usage_of(std::string_view name, std::string_view argument) {
  return argument.empty() ? std::string(name) : fmt::format("{} {}", name, argument);
}

std::vector<Row> built_in() {
  std::vector<Row> out;
  for (const auto& command : slash_commands()) {
    out.push_back({usage_of(command.name, command.argument), std::string(command.help)});
  }
  return out;
}

std::vector<Row> kept_in_files(const config::Configuration& config) {
  std::vector<Row> out;
  for (const auto& prompt : config::find_prompt_commands(config)) {
    out.push_back({usage_of("/" + prompt.name, prompt.argument_hint), prompt.description});
  }
  return out;
}

void say(const std::vector<Row>& rows, SlashContext& context) {
  std::size_t widest = 0;
  for (const auto& row : rows) widest = std::max(widest, unicode::width(row.usage));
  for (const auto& row : rows) {
    context.say(fmt::format("{}{:{}}  {}", row.usage, "", widest - unicode::width(row.usage), row.help));
  }
}

}  // namespace

Result<After> run_help(const std::string&, SlashContext& context) {
  say(built_in(), context);
  if (const auto kept = kept_in_files(context.config); !kept.empty()) {
    context.say("prompts of yours and of this project:");
    say(kept, context);
  }
  context.say("Ctrl-C cancels the answer in progress; @path in a prompt attaches that file");
  context.say("while an answer comes, Enter queues a line, Ctrl-S gives it to the run at once, Up takes one back");
  return After::go_on;
}

}  // namespace errand::repl
