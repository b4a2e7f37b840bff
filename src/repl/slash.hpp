#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/chat.hpp"
#include "base/error.hpp"
#include "base/time.hpp"
#include "chat/agent.hpp"
#include "config/configuration.hpp"
#include "render/theme.hpp"
#include "repl/line_reader.hpp"

namespace errand::repl {

/// What commands need to put a menu where an argument is missing. All borrowed.
struct Menus {
  LineReader& lines;
  store::Store& store;
  std::string project;  ///< whose sessions are shown
};

/// How the chat looks and is typed into, as commands may change it until it ends. Each says what holds then, for the
/// person; an empty name changes nothing; a name that is none is `usage`.
struct Appearance {
  std::function<Result<std::string>(std::string_view theme)> use_theme;
  std::function<Result<std::string>(std::string_view keys)> use_keys;  ///< "emacs", "vi"; "other" is the one it is not
  std::function<render::Theme()> theme;                                ///< of what is said to the person
};

/// How a command of the person's own is shown while it runs. Any thread may call `said`.
struct CommandDisplay {
  std::function<void(std::string_view command)> begin;
  std::function<void(std::string_view harmless)> said;
  std::function<void(std::string_view left_out)> end;  ///< `left_out` says where what is not shown can be seen
};

/// How a command is answered beside a run, where it takes neither a turn nor what the run has: on another thread than
/// `chat`'s, within Chat::beside_run().
struct BesideRun {
  std::function<Call()> begin;  ///< as SlashContext::begin, without forgetting that the run was asked to stop
  /// As those of SlashContext, once the terminal is lent. May be empty: such commands wait for the end of the run.
  std::function<Result<void>(const std::string& text)> page{};
  std::function<Result<void>(const std::vector<std::string>& words)> run_command{};
};

/// What a "!command" came to.
struct OwnOutput {
  std::string command;  ///< with its mark, harmless
  std::string text;     ///< all that it printed, harmless
  Timestamp ended{};
};

/// What a slash command works on.
struct SlashContext {
  agent::Chat& chat;
  const config::Configuration& config;
  std::function<Result<chat::AgentDefinition>(const std::string& id)> definition_of;
  std::function<Result<store::SessionInfo>(const std::string& reference)> find_session;
  std::function<Call()> begin;                     ///< what a command that takes time is held to
  std::function<void(std::string_view line)> say;  ///< to the person, a line end is added
  std::function<Result<chat::UserMessage>(const std::string& text)> message_of;  ///< with the files that it names
  /// Lines about the files that a prompt names: those that go along, and those that are not there.
  std::function<std::vector<std::string>(const std::string& text)> told_of_files;
  /// A prompt, as if the person had typed it.
  std::function<Result<agent::RunResult>(const chat::UserMessage& prompt)> ask;
  /// `errand WORDS…` in this process, for the person to see; `failure` for an exit code that is not 0 and was not told.
  std::function<Result<void>(std::vector<std::string> words)> run_command;
  /// The next line begins with that text, where lines can be edited. May be empty.
  std::function<void(std::string text)> begin_next_with{};
  /// Bytes for the terminal itself; `failure` where there is none.
  std::function<Result<void>(std::string_view bytes)> to_terminal;
  std::optional<Menus> menus{};  ///< nothing: nobody is there to pick, and such a command lists what there is
  /// Text for the person as it is, harmless by now; may be called from any thread, one at a time.
  std::function<void(std::string_view text)> show;
  /// Whether the person says yes; `denied` where nobody is there.
  std::function<Result<bool>(const std::string& question)> confirm;
  /// A prompt with a file, or (empty text) a file alone.
  std::function<Result<chat::UserMessage>(const std::string& text, const std::string& file)> message_with;
  Appearance appearance;
  CommandDisplay command;
  std::optional<OwnOutput> last_output{};  ///< of the newest "!command"
  /// Lets the person read a long text, in a pager where there is a terminal for one.
  std::function<Result<void>(const std::string& text)> page;
  BesideRun beside{};
};

enum class After {
  go_on,
  leave,
  edit,  ///< the next prompt begins in the person's own editor
};

/// When a command that was typed beside a run is done.
enum class Beside {
  waits,          ///< once the run has ended: it takes a turn or changes what the run has
  answers,        ///< at once
  answers_alone,  ///< at once where nothing stands behind it
};

struct SlashCommand {
  std::string_view name;      ///< "/agent"
  std::string_view argument;  ///< for help: "[ID]"
  std::string_view help;
  Result<After> (*run)(const std::string& argument, SlashContext& context) = nullptr;
  /// Where there is no `run`, and for completion: the words of a command of the command line. "{session}" stands for
  /// the session's id, "{words}" for the words of the argument, "{words|show}" for them or "show" without any, "{text}"
  /// for all of it as one word.
  std::string_view command{};
  Beside beside = Beside::waits;
};

/// The id of the session that the chat is in; `failure` before its first prompt.
Result<std::string> session_of(const SlashContext& context);

/// Blanks part the words of an argument.
std::vector<std::string> words_of(std::string_view argument);

/// Every slash command, sorted by name.
std::span<const SlashCommand> slash_commands();

/// Runs "!command" in the agent's sandbox, or "!!command" outside of it once the person said yes, shows what it prints,
/// and gives both to the model with the next prompt.
Result<void> run_shell_line(std::string_view line, SlashContext& context);

/// Whether a line is for run_slash(). One that begins with a path is a prompt: its first word holds another '/' or
/// names something that is there, and is no command.
bool is_slash_command(std::string_view line, const SlashContext& context);

/// Whether run_slash() can be had beside a run.
bool answers_beside(std::string_view line);

/// Does so, with what `context` has for it; nullopt where it has to wait for the end of the run all the same. From any
/// thread.
Result<std::optional<LineReader::Answered>> answer_beside(std::string_view line, const SlashContext& context);

/// Runs "/name argument": a command, else a prompt that is kept in a file of that name (config/prompt_commands.hpp). An
/// unknown name is `usage` with the nearest, and the next line begins with what was typed.
Result<After> run_slash(std::string_view line, SlashContext& context);

}  // namespace errand::repl
