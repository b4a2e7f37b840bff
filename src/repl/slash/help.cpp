#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "config/prompt_commands.hpp"
#include "render/fold.hpp"
#include "repl/line_reader.hpp"
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

// What it does stands in a column of its own, unless that would be too narrow to read.
void say(const std::vector<Row>& rows, SlashContext& context) {
  constexpr std::size_t least_columns = 24;
  std::size_t widest = 0;
  for (const auto& row : rows) widest = std::max(widest, unicode::width(row.usage));
  const auto columns = render::fold_columns(STDERR_FILENO);
  const auto hang = columns < widest + 2 + least_columns ? render::usual_hang : widest + 2;
  for (const auto& row : rows) {
    const auto line = fmt::format("{}{:{}}  {}", row.usage, "", widest - unicode::width(row.usage), row.help);
    for (const auto& part : text::lines(render::fold(unicode::sanitize(line), columns, hang))) context.say(part);
  }
}

const std::vector<Row> in_a_line = {
    {"!COMMAND", "run it in the sandbox and show what it prints, to the model too with the next prompt"},
    {"!!COMMAND", "the same outside of the sandbox, once you said yes"},
    {"@PATH", "in a prompt: attach that file; @\"with blanks\" in quotes"}};

const std::vector<Row> keys_everywhere = {{"Ctrl-C", "cancel what runs, or clear the line"},
                                          {"Ctrl-D", "leave, on an empty line"}};
const std::vector<Row> keys_of_editor = {
    {"Enter", "ask; beside a run, queue the line"},
    {"Ctrl-S", "give the line to the run in progress at once"},
    {"Up", "the prompt before; beside a run, take back what was queued last"},
    {"Alt-Enter", "a new line; so does a \\ before Enter"},
    {"Tab", "complete commands, what they take, and paths"},
    {"Ctrl-R", "find an earlier prompt"},
    {"Ctrl-G", "write the line in $VISUAL or $EDITOR"},
};

std::vector<Row> keys(const SlashContext& context) {
  auto out = keys_everywhere;
  if (context.menus && context.menus->lines.shows_pick())
    out.insert(out.begin(), keys_of_editor.begin(), keys_of_editor.end());
  return out;
}

// "!" of "!COMMAND".
bool is_mark_of(std::string_view wanted, std::string_view name) {
  return (wanted == "!" || wanted == "!!" || wanted == "@") && name.substr(0, name.find_first_not_of("!@")) == wanted;
}

// With or without its slash.
Result<Row> row_named(std::string_view wanted, std::vector<Row> rows) {
  std::vector<std::string> names;
  for (const auto& row : rows) {
    names.push_back(row.usage.substr(0, row.usage.find(' ')));
    if (names.back() == wanted || names.back().substr(1) == wanted || is_mark_of(wanted, names.back())) return row;
  }
  return fail(ErrorKind::usage, fmt::format("there is no command \"{}\"", wanted),
              text::suggest(wanted.starts_with('/') ? wanted : fmt::format("/{}", wanted), names, "commands"));
}

}  // namespace

Result<After> run_help(const std::string& argument, SlashContext& context) {
  if (argument == "keys") {
    say(keys(context), context);
    return After::go_on;
  }
  if (!argument.empty()) {
    auto rows = built_in();
    auto kept = kept_in_files(context.config);
    std::ranges::move(kept, std::back_inserter(rows));
    std::ranges::copy(in_a_line, std::back_inserter(rows));
    ERRAND_TRY_ASSIGN(auto row, row_named(argument, std::move(rows)));
    say({std::move(row)}, context);
    return After::go_on;
  }
  say(built_in(), context);
  if (const auto kept = kept_in_files(context.config); !kept.empty()) {
    context.say("prompts of yours and of this project:");
    say(kept, context);
  }
  context.say("in a line:");
  say(in_a_line, context);
  context.say("keys, of which \"man errand\" has all:");
  say(keys(context), context);
  return After::go_on;
}

}  // namespace errand::repl
