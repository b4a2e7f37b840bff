#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/command.hpp"

namespace errand::cli {

std::unique_ptr<Command> make_agents_command();
std::unique_ptr<Command> make_chat_command();
std::unique_ptr<Command> make_completion_command();
std::unique_ptr<Command> make_config_command();
std::unique_ptr<Command> make_doctor_command();
std::unique_ptr<Command> make_help_command();
std::unique_ptr<Command> make_map_command();
std::unique_ptr<Command> make_mcp_command();
std::unique_ptr<Command> make_memory_command();
std::unique_ptr<Command> make_models_command();
std::unique_ptr<Command> make_policy_command();
std::unique_ptr<Command> make_run_command();
std::unique_ptr<Command> make_runs_command();
std::unique_ptr<Command> make_sandbox_command();
std::unique_ptr<Command> make_schedule_command();
std::unique_ptr<Command> make_sessions_command();
std::unique_ptr<Command> make_skills_command();
std::unique_ptr<Command> make_subagents_command();
std::unique_ptr<Command> make_test_command();
std::unique_ptr<Command> make_tools_command();
std::unique_ptr<Command> make_trust_command();
std::unique_ptr<Command> make_usage_command();
std::unique_ptr<Command> make_users_command();
std::unique_ptr<Command> make_version_command();

namespace {

constexpr std::array table = {
    CommandEntry{"agents", "[list | show ID | check [FILE] | new ID]", "agents and their definitions",
                 make_agents_command},
    CommandEntry{"chat", "[PROMPT]", "talk with an agent; with piped stdin, one prompt a line", make_chat_command},
    CommandEntry{"completion", "bash | zsh | fish | candidates -- WORD…", "completion of words for a shell",
                 make_completion_command},
    CommandEntry{"config", "[show | get KEY | set KEY VALUE | unset KEY | path]", "settings and where each comes from",
                 make_config_command},
    CommandEntry{"doctor", "", "checks configuration, keys, network, sandbox, store and terminal", make_doctor_command},
    CommandEntry{"help", "[COMMAND | TOPIC]", "help on a command or a topic", make_help_command},
    CommandEntry{"map", "[PROMPT…]", "one prompt over many records of stdin, several at a time", make_map_command},
    CommandEntry{"mcp", "[list | tools [SERVER] | call SERVER TOOL [JSON]]", "MCP servers of an agent and their tools",
                 make_mcp_command},
    CommandEntry{"memory", "[list | show | add NOTE | remove NOTE | edit | path | clear]",
                 "what agents keep across sessions, as plain text", make_memory_command},
    CommandEntry{"models", "[list]", "model names, windows and prices", make_models_command},
    CommandEntry{"policy", "test 'TOOL(…)' | learn", "whether a call would be allowed; rules that past denials ask for",
                 make_policy_command},
    CommandEntry{"run", "[PROMPT…]", "one prompt, one answer, then exit", make_run_command},
    CommandEntry{"runs", "[list | show ID | attach ID | stop ID | diff ID ID]",
                 "what ran, how it ended and what it cost", make_runs_command},
    CommandEntry{"sandbox", "check | run -- CMD…", "what confines commands here; run one as an agent would",
                 make_sandbox_command},
    CommandEntry{"schedule", "[list | add NAME TIME [PROMPT…] | show NAME | remove NAME | run-due [NAME…] | export]",
                 "runs on a timetable, by plain cron or systemd timers", make_schedule_command},
    CommandEntry{
        "sessions",
        "[list | search | show | tail | rename | fork | rewind | export | import | delete | prune | fsck] [REF…]",
        "what was said, kept and resumable", make_sessions_command},
    CommandEntry{"skills", "[list | show NAME | check PATH]", "skills an agent may load", make_skills_command},
    CommandEntry{"subagents", "[list | show NAME]", "helpers an agent may start", make_subagents_command},
    CommandEntry{"test", "[PATH…]", "run test cases: recorded runs and what must come of them", make_test_command},
    CommandEntry{"tools", "[list | show NAME | call NAME JSON]", "what an agent can call", make_tools_command},
    CommandEntry{"trust", "[DIR]", "let a project's files set what an untrusted one may not", make_trust_command},
    CommandEntry{"usage", "", "tokens and money, by day, model and more", make_usage_command},
    CommandEntry{"users", "[list]", "the users of this data directory", make_users_command},
    CommandEntry{"version", "", "version and build", make_version_command},
};

constexpr bool is_sorted() {
  for (std::size_t i = 1; i < table.size(); ++i) {
    if (!(table[i - 1].name < table[i].name)) return false;
  }
  return true;
}
static_assert(is_sorted(), "the table of commands is sorted and holds each name once");

}  // namespace

std::span<const CommandEntry> commands() {
  return table;
}

const CommandEntry* find_command(std::string_view name) {
  const auto found = std::ranges::find(table, name, &CommandEntry::name);
  return found == table.end() ? nullptr : &*found;
}

void declare_globals(Options& options, Globals& globals) {
  options.group("Global options");
  options.text("--user", globals.user, "NAME", "whose sessions; default: the login name");
  options.text("--data-dir", globals.data_dir, "DIR", "where sessions are kept");
  options.text("--config", globals.config_file, "FILE", "a config.yaml that goes before the others");
  options.flag("-q,--quiet", globals.quiet, "errors only on stderr");
  options.count("-v,--verbose", globals.verbose, "say more on stderr; repeat for the log");
  options.text("--log-file", globals.log_file, "FILE", "write a log there");
  options.text("--log-level", globals.log_level, "LEVELS", "of the log: warn, or by room: http=debug,agent=info");
  options.choice("--log-format", globals.log_format, {"text", "json"}, "of the log");
  options.choice("--color", globals.color, {"auto", "always", "never"}, "colour on the terminal");
  options.flag("--no-input", globals.no_input, "never ask anything");
  options.flag("-h,--help", globals.help, "this help");
  options.flag("-V,--version", globals.version, "the version");
}

Options options_of(const CommandEntry& entry, Command& command, Globals& globals) {
  Options options(fmt::format("errand {}{}{} [OPTIONS]", entry.name, entry.usage.empty() ? "" : " ", entry.usage),
                  std::string(entry.summary));
  options.group("Options");
  command.declare(options);
  declare_globals(options, globals);
  return options;
}

tl::unexpected<Error> unknown_verb(std::string_view command, const std::string& word,
                                   std::span<const std::string> verbs) {
  return fail(ErrorKind::usage, fmt::format("\"{} {}\" is no command", command, word),
              text::suggest(word, verbs, "verbs"));
}

}  // namespace errand::cli
