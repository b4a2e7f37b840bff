#include "repl/slash.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"

namespace errand::repl {

Result<After> run_agent(const std::string& argument, SlashContext& context);
Result<After> run_compact(const std::string& argument, SlashContext& context);
Result<After> run_exit(const std::string& argument, SlashContext& context);
Result<After> run_help(const std::string& argument, SlashContext& context);
Result<After> run_model(const std::string& argument, SlashContext& context);
Result<After> run_new(const std::string& argument, SlashContext& context);

namespace {

constexpr std::array table = {
    SlashCommand{"/agent", "[ID]", "show the agents, or go on with another", run_agent},
    SlashCommand{"/compact", "[HINT]", "replace older turns by a summary; HINT says what matters", run_compact},
    SlashCommand{"/exit", "", "leave; Ctrl-D does the same", run_exit},
    SlashCommand{"/help", "", "this list", run_help},
    SlashCommand{"/model", "[MODEL]", "show the model, or go on with another", run_model},
    SlashCommand{"/new", "", "begin a new session", run_new},
};

constexpr bool is_sorted() {
  for (std::size_t i = 1; i < table.size(); ++i) {
    if (!(table[i - 1].name < table[i].name)) return false;
  }
  return true;
}
static_assert(is_sorted(), "the table of slash commands is sorted and holds each name once");

}  // namespace

std::span<const SlashCommand> slash_commands() {
  return table;
}

Result<After> run_slash(std::string_view line, SlashContext& context) {
  const auto name = line.substr(0, line.find_first_of(" \t"));
  const std::string argument(text::trim(line.substr(name.size())));
  const auto found = std::ranges::find(table, name, &SlashCommand::name);
  if (found != table.end()) return found->run(argument, context);
  std::vector<std::string> known;
  for (const auto& command : table) known.emplace_back(command.name);
  return fail(ErrorKind::usage, fmt::format("there is no command \"{}\"", name),
              text::suggest(name, known, "commands"));
}

}  // namespace errand::repl
