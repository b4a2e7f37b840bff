#include "cli/main.hpp"

#include <algorithm>
#include <cstdlib>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/exit_code.hpp"
#include "base/fd.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/output.hpp"
#include "cli/run_options.hpp"
#include "version.hpp"

namespace errand::cli {

namespace {

constexpr std::string_view issue_address = "the project's issue tracker";

// A descriptor from 0 to 2 that the caller closed would be given to the next file we open, and written to as stdout. A
// stdout that was closed stays one that can't be written to: an answer must not vanish with exit code 0.
void ensure_standard_fds() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    if (::open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_RDWR) < 0) return;  // who writes hears of it
  }
}

// Which command a command line means, and what of it the command reads.
struct Chosen {
  const CommandEntry* entry = nullptr;
  std::vector<std::string> args;
};

bool is_print_flag(const std::string& token) {
  return token == "-p" || token == "--print";
}

tl::unexpected<Error> unknown_command(const std::string& word) {
  std::vector<std::string> names;
  for (const auto& entry : commands()) names.emplace_back(entry.name);
  return fail(ErrorKind::usage, fmt::format("\"{}\" is no command", word),
              fmt::format("{}; a prompt goes to \"errand run\"", text::suggest(word, names, "commands")));
}

// Before the verb the options of `run` may stand too, for `errand -p "…"` and `errand -a coder`.
Result<Chosen> choose(std::vector<std::string> args) {
  Globals globals;
  RunArguments unused;
  bool print = false;
  Options top("errand", "");
  top.flag("-p,--print", print, "");
  unused.declare(top);
  declare_globals(top, globals);
  const auto at = top.first_word(args);
  const auto flag = std::find_if(args.begin(), args.begin() + static_cast<std::ptrdiff_t>(at), is_print_flag);
  if (flag != args.begin() + static_cast<std::ptrdiff_t>(at)) {
    args.erase(flag);
    return Chosen{find_command("run"), std::move(args)};
  }
  if (at < args.size()) {
    const auto* entry = find_command(args[at]);
    if (entry == nullptr) return unknown_command(args[at]);
    args.erase(args.begin() + static_cast<std::ptrdiff_t>(at));
    return Chosen{entry, std::move(args)};
  }
  return Chosen{nullptr, std::move(args)};
}

// No verb: help and version stand alone; else a terminal chats and a pipe is a prompt.
const CommandEntry* default_command(const std::vector<std::string>& args) {
  const auto has = [&](std::string_view a, std::string_view b) {
    return std::ranges::any_of(args, [&](const std::string& arg) { return arg == a || arg == b; });
  };
  if (has("-h", "--help")) return find_command("help");
  if (has("-V", "--version")) return find_command("version");
  return find_command(::isatty(STDIN_FILENO) != 0 ? "chat" : "run");
}

// What -v asks for holds for the rooms that --log-level, or ERRAND_LOG where that is not given, does not name.
Result<log::Levels> log_levels(const Globals& globals) {
  auto others = log::Level::off;
  if (globals.verbose >= 3)
    others = log::Level::debug;
  else if (globals.verbose == 2 || globals.log_file)
    others = log::Level::info;
  const char* const variable = std::getenv("ERRAND_LOG");
  const bool has_variable = variable != nullptr && *variable != '\0';
  if (!globals.log_level && !has_variable) return log::Levels{others, {}};
  auto levels = log::parse_levels(globals.log_level ? *globals.log_level : variable, others);
  if (levels) return levels;
  return fail(std::move(levels).error().within(
      fmt::format("while reading {}", globals.log_level ? "--log-level" : "ERRAND_LOG")));
}

Result<void> start_log(const Globals& globals) {
  log::Options options;
  ERRAND_TRY_ASSIGN(options.levels, log_levels(globals));
  options.file = globals.log_file.value_or("");
  if (globals.log_format == "json") options.format = log::Format::json;
  return log::setup(options);
}

enum class Start { of_the_program, within_it };

Result<int> run_chosen(const CommandEntry& entry, const std::vector<std::string>& args, Start start,
                       const Invocation& outer) {
  Globals globals = outer.globals;
  const auto command = entry.make();
  auto options = options_of(entry, *command, globals);
  ERRAND_TRY_ASSIGN(const auto words, options.parse(args));
  if (globals.help && entry.name != "help") return print_out(options.help());
  if (globals.version && entry.name != "version") return print_out(version_line());
  if (start == Start::of_the_program) ERRAND_TRY(start_log(globals));
  return command->run(words, {globals, outer.argv, outer.signals});
}

int exit_of(const Error& error, const Signals& signals) {
  if (error.kind == ErrorKind::cancelled) return signals.cancelled().value_or(agent::CancelledBy{}).exit_code;
  return exit_code_of(error.kind);
}

}  // namespace

int run_main(const std::vector<std::string>& argv) {
  ensure_standard_fds();
  Signals signals;
  auto chosen = choose({argv.begin() + (argv.empty() ? 0 : 1), argv.end()});
  if (!chosen) {
    print_error(chosen.error());
    return exit_code_of(chosen.error().kind);
  }
  const auto* entry = chosen->entry != nullptr ? chosen->entry : default_command(chosen->args);
  const auto code = run_chosen(*entry, chosen->args, Start::of_the_program, {{}, argv, signals});
  if (code) return *code;
  print_error(code.error());
  return exit_of(code.error(), signals);
}

Result<int> run_words(const std::vector<std::string>& words, const Invocation& invocation) {
  const auto* entry = words.empty() ? nullptr : find_command(words.front());
  if (entry == nullptr) return unknown_command(words.empty() ? "" : words.front());
  return run_chosen(*entry, {words.begin() + 1, words.end()}, Start::within_it, invocation);
}

int report_bug(std::string_view what) {
  print_error({.kind = ErrorKind::internal,
               .message = fmt::format("a bug in errand {}: {}", version, what),
               .hint = fmt::format("report it, with what you did, to {}", issue_address)});
  return exit_code_of(ErrorKind::internal);
}

}  // namespace errand::cli
