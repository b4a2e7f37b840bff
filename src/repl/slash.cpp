#include "repl/slash.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "config/prompt_commands.hpp"
#include "repl/notes.hpp"

namespace errand::repl {

Result<After> run_agent(const std::string& argument, SlashContext& context);
Result<After> run_compact(const std::string& argument, SlashContext& context);
Result<After> run_config(const std::string& argument, SlashContext& context);
Result<After> run_context(const std::string& argument, SlashContext& context);
Result<After> run_copy(const std::string& argument, SlashContext& context);
Result<After> run_cost(const std::string& argument, SlashContext& context);
Result<After> run_diff(const std::string& argument, SlashContext& context);
Result<After> run_editor(const std::string& argument, SlashContext& context);
Result<After> run_exit(const std::string& argument, SlashContext& context);
Result<After> run_export(const std::string& argument, SlashContext& context);
Result<After> run_files(const std::string& argument, SlashContext& context);
Result<After> run_fork(const std::string& argument, SlashContext& context);
Result<After> run_help(const std::string& argument, SlashContext& context);
Result<After> run_image(const std::string& argument, SlashContext& context);
Result<After> run_init(const std::string& argument, SlashContext& context);
Result<After> run_mcp(const std::string& argument, SlashContext& context);
Result<After> run_model(const std::string& argument, SlashContext& context);
Result<After> run_new(const std::string& argument, SlashContext& context);
Result<After> run_output(const std::string& argument, SlashContext& context);
Result<After> run_permissions(const std::string& argument, SlashContext& context);
Result<After> run_resume(const std::string& argument, SlashContext& context);
Result<After> run_retry(const std::string& argument, SlashContext& context);
Result<After> run_rewind(const std::string& argument, SlashContext& context);
Result<After> run_tasks(const std::string& argument, SlashContext& context);
Result<After> run_theme(const std::string& argument, SlashContext& context);
Result<After> run_todos(const std::string& argument, SlashContext& context);
Result<After> run_undo(const std::string& argument, SlashContext& context);
Result<After> run_vim(const std::string& argument, SlashContext& context);

namespace {

constexpr std::array table = {
    SlashCommand{"/agent", "[ID]", "show the agents, or go on with another", run_agent},
    SlashCommand{"/compact", "[HINT]", "replace older turns by a summary; HINT says what matters", run_compact},
    SlashCommand{"/config", "[VERB…]", "settings; get KEY, set KEY VALUE", run_config, "config {words|show}"},
    SlashCommand{"/context", "", "what fills the model's window", run_context, {}, Beside::answers},
    SlashCommand{"/copy", "", "the last answer into the clipboard of the terminal", run_copy},
    SlashCommand{"/cost", "", "turns, tokens and money of this session", run_cost, {}, Beside::answers},
    SlashCommand{
        "/diff", "[PATH]", "what tools changed in files since this session began", run_diff, {}, Beside::answers},
    SlashCommand{"/doctor", "[OPTION…]", "check configuration, keys, network, sandbox and store", nullptr,
                 "doctor {words}"},
    SlashCommand{"/editor", "", "write the next prompt in $VISUAL or $EDITOR; Ctrl-G does the same", run_editor},
    SlashCommand{"/exit", "", "leave; Ctrl-D does the same", run_exit},
    SlashCommand{"/export", "[FILE]", "the session as Markdown, or as the name of FILE says: .jsonl, .json, .html",
                 run_export},
    SlashCommand{"/files", "", "files that this session read and changed", run_files, {}, Beside::answers},
    SlashCommand{"/fork", "[NAME]", "go on in a copy of this session", run_fork},
    SlashCommand{"/help", "[COMMAND]", "this list, or what one command does", run_help, {}, Beside::answers},
    SlashCommand{"/image", "PATH [PROMPT]", "show the model an image, with this prompt or the next", run_image},
    SlashCommand{"/init", "", "let the agent write an AGENTS.md for this project", run_init},
    SlashCommand{"/mcp",
                 "[NAME]",
                 "MCP servers of this agent, or the tools of one; reconnect NAME begins anew with one",
                 run_mcp,
                 {},
                 Beside::answers_alone},
    SlashCommand{"/memory", "[VERB…]", "what is kept across sessions", nullptr, "memory {words|show}",
                 Beside::answers_alone},
    SlashCommand{"/model", "[MODEL]", "show the model, or go on with another", run_model},
    SlashCommand{"/models", "[OPTION…]", "model names, windows and prices", nullptr, "models {words}",
                 Beside::answers_alone},
    SlashCommand{"/new", "", "begin a new session; /clear does the same", run_new},
    SlashCommand{"/output",
                 "[N|thinking]",
                 "all that the newest command or tool call printed, or the N-th newest call",
                 run_output,
                 {},
                 Beside::answers},
    SlashCommand{"/permissions",
                 "[MODE]",
                 "what the agent may do and must ask for, or another mode: ask, auto, plan …",
                 run_permissions,
                 {},
                 Beside::answers_alone},
    SlashCommand{"/quit", "", "leave", run_exit},
    SlashCommand{"/rename", "NAME", "name this session", nullptr, "sessions rename {session} {text}"},
    SlashCommand{"/resume", "[REF] [--fork]", "show the newest sessions, or go on with one, or with a copy of it",
                 run_resume},
    SlashCommand{"/retry", "", "ask the last prompt again", run_retry},
    SlashCommand{"/rewind", "[MESSAGE]", "go back to before a prompt that you pick, or to a message; --files too",
                 run_rewind},
    SlashCommand{"/sandbox", "", "what confines commands here", nullptr, "sandbox check"},
    SlashCommand{"/search", "TEXT", "in everything ever said", nullptr, "sessions search -- {text}", Beside::answers},
    SlashCommand{"/sessions", "[OPTION…]", "the newest sessions", nullptr, "sessions list {words}", Beside::answers},
    SlashCommand{"/skills", "[VERB…]", "skills that can be loaded", nullptr, "skills {words|list}",
                 Beside::answers_alone},
    SlashCommand{"/subagents", "[VERB…]", "helpers that can be started", nullptr, "subagents {words|list}",
                 Beside::answers_alone},
    SlashCommand{"/tasks", "", "commands that this session runs in the background", run_tasks, {}, Beside::answers},
    SlashCommand{"/theme", "[NAME]", "colours: auto, dark, light, 16, none", run_theme},
    SlashCommand{"/todos", "", "the agent's todo list", run_todos, {}, Beside::answers},
    SlashCommand{"/tools", "[VERB…]", "what an agent can call", nullptr, "tools {words|list}", Beside::answers_alone},
    SlashCommand{"/undo", "", "go back to before the last prompt, and the files that tools changed with it", run_undo},
    SlashCommand{"/usage", "[OPTION…]", "tokens and money by day and model", nullptr, "usage {words}", Beside::answers},
    SlashCommand{"/vim", "[on|off]", "edit prompts with vi's keys, or not", run_vim},
};

constexpr bool is_sorted() {
  for (std::size_t i = 1; i < table.size(); ++i) {
    if (!(table[i - 1].name < table[i].name)) return false;
  }
  return true;
}
static_assert(is_sorted(), "the table of slash commands is sorted and holds each name once");

// "{words|show}": the argument's words, or those behind the bar.
Result<std::vector<std::string>> filled_in(std::string_view part, const std::string& argument,
                                           const SlashContext& context) {
  if (part == "{text}") return std::vector{argument};
  if (part == "{session}") {
    ERRAND_TRY_ASSIGN(auto id, session_of(context));
    return std::vector{std::move(id)};
  }
  if (!part.starts_with("{words")) return std::vector{std::string(part)};
  auto words = words_of(argument);
  const auto bar = part.find('|');
  if (words.empty() && bar != std::string_view::npos) words.emplace_back(part.substr(bar + 1, part.size() - bar - 2));
  return words;
}

Result<After> run_on_command_line(const SlashCommand& command, const std::string& argument, SlashContext& context) {
  std::vector<std::string> words;
  for (const auto& part : words_of(command.command)) {
    ERRAND_TRY_ASSIGN(auto filled, filled_in(part, argument, context));
    std::ranges::move(filled, std::back_inserter(words));
  }
  ERRAND_TRY(context.run_command(std::move(words)));
  return After::go_on;
}

// What help shows without brackets has to be there, and what it does not show is not passed over in silence.
Result<void> check_argument(const SlashCommand& command, const std::string& argument) {
  if (command.argument.empty() && !argument.empty()) {
    return fail(ErrorKind::usage, fmt::format("\"{}\" takes nothing behind it: \"{}\"", command.name, argument),
                fmt::format("{}: {}", command.name, command.help));
  }
  if (!argument.empty() || command.argument.empty() || command.argument.starts_with('[')) return {};
  return fail(ErrorKind::usage, fmt::format("\"{}\" wants {}", command.name, command.argument),
              fmt::format("{} {}: {}", command.name, command.argument, command.help));
}

std::string_view name_in(std::string_view line) {
  return line.substr(0, line.find_first_of(" \t\n"));
}

// What people have in their fingers from elsewhere. Neither listed nor completed.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> other_names = {{{"/?", "/help"},
                                                                                       {"/agents", "/agent"},
                                                                                       {"/clear", "/new"},
                                                                                       {"/h", "/help"},
                                                                                       {"/m", "/model"},
                                                                                       {"/q", "/quit"},
                                                                                       {"/u", "/usage"}}};

const SlashCommand* command_named(std::string_view name) {
  const auto other = std::ranges::find(other_names, name, &std::pair<std::string_view, std::string_view>::first);
  if (other != other_names.end()) name = other->second;
  const auto found = std::ranges::find(table, name, &SlashCommand::name);
  return found == table.end() ? nullptr : &*found;
}

std::optional<config::PromptCommand> prompt_named(std::string_view name, const SlashContext& context) {
  const auto prompts = config::find_prompt_commands(context.config);
  const auto found = std::ranges::find(prompts, name.substr(1), &config::PromptCommand::name);
  return found == prompts.end() ? std::nullopt : std::optional(*found);
}

// All of them would be a list of forty.
tl::unexpected<Error> unknown_command(std::string_view name, const SlashContext& context) {
  std::vector<std::string> known;
  for (const auto& command : table) known.emplace_back(command.name);
  for (const auto& prompt : config::find_prompt_commands(context.config)) known.push_back("/" + prompt.name);
  const auto near = text::nearest(name, known);
  return fail(ErrorKind::usage, fmt::format("there is no command \"{}\"", name),
              fmt::format("{}/help lists them; a blank before the \"/\" makes it a prompt",
                          near ? fmt::format("did you mean \"{}\"? ", *near) : ""));
}

Result<After> ask_kept(const config::PromptCommand& command, const std::string& argument, SlashContext& context) {
  if (argument.empty() && !command.argument_hint.empty() && !command.argument_hint.starts_with('['))
    show_note(fmt::format("nothing stands behind /{} for {}", command.name, command.argument_hint), context);
  ERRAND_TRY_ASSIGN(const auto text, config::expand(command, argument));
  ERRAND_TRY_ASSIGN(const auto prompt, context.message_of(text));
  tell_of_files(text, context);
  ERRAND_TRY(context.ask(prompt));
  return After::go_on;
}

}  // namespace

Result<std::string> session_of(const SlashContext& context) {
  auto id = context.chat.session_id();
  if (id.empty()) return fail(ErrorKind::failure, "there is no session yet: no prompt was asked");
  return id;
}

std::vector<std::string> words_of(std::string_view argument) {
  std::vector<std::string> out;
  for (auto& word : text::split(argument, ' ')) {
    if (!word.empty()) out.push_back(std::move(word));
  }
  return out;
}

std::span<const SlashCommand> slash_commands() {
  return table;
}

bool is_slash_command(std::string_view line, const SlashContext& context) {
  if (!line.starts_with('/')) return false;
  const auto name = name_in(line);
  if (name.find('/', 1) == std::string_view::npos && (name == "/" || !path_exists(std::string(name)))) return true;
  return command_named(name) != nullptr || prompt_named(name, context);
}

bool answers_beside(std::string_view line) {
  const auto name = name_in(line);
  const auto found = std::ranges::find(table, name, &SlashCommand::name);
  if (found == table.end()) return false;
  const bool is_alone = text::trim(line.substr(name.size())).empty();
  return found->beside == Beside::answers || (found->beside == Beside::answers_alone && is_alone);
}

Result<After> run_slash(std::string_view line, SlashContext& context) {
  const auto name = name_in(line);
  const std::string argument(text::trim(line.substr(name.size())));
  const auto* const command = command_named(name);
  const auto kept = command == nullptr || command->name != name ? prompt_named(name, context) : std::nullopt;
  if (kept) return ask_kept(*kept, argument, context);
  if (command != nullptr) {
    ERRAND_TRY(check_argument(*command, argument));
    return command->run != nullptr ? command->run(argument, context) : run_on_command_line(*command, argument, context);
  }
  if (context.begin_next_with) context.begin_next_with(std::string(line));
  return unknown_command(name, context);
}

}  // namespace errand::repl
