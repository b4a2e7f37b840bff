#include <cerrno>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include "base/exit_code.hpp"
#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/record_reader.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "chat/names.hpp"
#include "cli/answer_sinks.hpp"
#include "cli/at_files.hpp"
#include "cli/chat_editor.hpp"
#include "cli/chat_greeting.hpp"
#include "cli/chat_hints.hpp"
#include "cli/chat_status.hpp"
#include "cli/chat_terminal.hpp"
#include "cli/command.hpp"
#include "cli/definition.hpp"
#include "cli/editor.hpp"
#include "cli/face.hpp"
#include "cli/main.hpp"
#include "cli/output.hpp"
#include "cli/person.hpp"
#include "cli/program_chat.hpp"
#include "cli/prompt_input.hpp"
#include "cli/rehearsal.hpp"
#include "cli/run_options.hpp"
#include "cli/session_place.hpp"
#include "cli/setup.hpp"
#include "cli/talk.hpp"
#include "config/lookup.hpp"
#include "config/trust.hpp"
#include "repl/editor/line_editor.hpp"
#include "repl/going_on.hpp"
#include "repl/notes.hpp"
#include "repl/permission_modes.hpp"
#include "repl/repl.hpp"
#include "repl/slash.hpp"

namespace errand::cli {

namespace {

// "\n\n" and "\0" as they are typed on a command line.
Result<std::string> delimiter_of(const std::string& written) {
  std::string out;
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (written[i] != '\\' || i + 1 == written.size()) {
      out += written[i];
      continue;
    }
    switch (written[++i]) {
      case 'n':
        out += '\n';
        break;
      case 't':
        out += '\t';
        break;
      case '0':
        out += '\0';
        break;
      case '\\':
        out += '\\';
        break;
      default:
        return fail(ErrorKind::usage, fmt::format("--delimiter \"{}\" holds an unknown escape", written),
                    R"(known: \n, \t, \0, \\)");
    }
  }
  if (out.empty()) return fail(ErrorKind::usage, "--delimiter is empty");
  return out;
}

// What a slash command shows is no answer: where stdout is no terminal, it goes to stderr for as long as this lives.
class OutputBesideAnswers {
 public:
  OutputBesideAnswers() {
    if (::isatty(STDOUT_FILENO) != 0) return;
    kept_ = Fd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    if (kept_) ::dup2(STDERR_FILENO, STDOUT_FILENO);
  }
  OutputBesideAnswers(const OutputBesideAnswers&) = delete;
  OutputBesideAnswers& operator=(const OutputBesideAnswers&) = delete;
  ~OutputBesideAnswers() {
    if (kept_) ::dup2(kept_.get(), STDOUT_FILENO);
  }

 private:
  Fd kept_;
};

Result<void> to_terminal(std::string_view bytes) {
  if (::isatty(STDERR_FILENO) == 0) return fail(ErrorKind::failure, "there is no terminal");
  return write_all(STDERR_FILENO, bytes);
}

// Shift-Tab, for as long as this lives.
class ModeKey {
 public:
  ModeKey(repl::LineEditor* editor, agent::Chat& chat, ChatStatus& status, Face& face) : editor_(editor) {
    if (editor_ == nullptr) return;
    editor_->use_mode_key({.between =
                               [&chat, &status] {
                                 const auto mode = repl::next_mode(chat.definition().permission_mode);
                                 chat.use_mode(mode);
                                 status.refresh();
                                 return said_of(mode);
                               },
                           .beside_run = [&chat, &face] { return change_beside_run(chat, face); }});
  }
  ModeKey(const ModeKey&) = delete;
  ModeKey& operator=(const ModeKey&) = delete;
  ~ModeKey() {
    if (editor_ != nullptr) editor_->use_mode_key({});
  }

 private:
  static std::string said_of(chat::PermissionMode mode) {
    return fmt::format("mode {}: {}", chat::name_of(mode), repl::note_of(mode));
  }

  // The agent was told at the run's beginning whether it is to plan: that is for the next prompt.
  static std::string change_beside_run(agent::Chat& chat, Face& face) {
    using chat::PermissionMode;
    std::string out = "the mode can be changed once the run is under way";
    chat.beside_run([&] {
      const auto now = chat.mode();
      if (now == PermissionMode::plan) {
        out = "mode plan: it ends with the plan, or with Shift-Tab once the run has ended";
        return;
      }
      const auto next = now == PermissionMode::ask ? PermissionMode::automatic : PermissionMode::ask;
      chat.use_mode_at_once(next);
      face.show_mode(chat::name_of(next));
      out = said_of(next) + "; from the next call on";
    });
    return out;
  }

  repl::LineEditor* editor_;
};

class ChatCommand final : public Command {
 public:
  void declare(Options& options) override {
    arguments_.declare(options);
    options.flag("--plain", plain_, "lines as the terminal edits them, nothing repainted: for screen readers");
    options.group("Scripted chat (stdin is no terminal)");
    options.text("--delimiter", delimiter_, "TEXT", R"(what ends a prompt; default '\n', also '\n\n' or '\0')");
    options.flag("--keep-going", keep_going_, "go on after a prompt that failed");
    options.flag("--commands", commands_, "'/', '!' and '@' mean in a line what they mean on a terminal");
  }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    ERRAND_TRY(check(words));
    ERRAND_TRY_ASSIGN(const auto delimiter, delimiter_of(delimiter_.value_or("\\n")));
    if (arguments_.dry_run) return rehearse(words, invocation);
    const auto face =
        make_face(invocation, arguments_,
                  {.terminator = delimiter == std::string_view("\0", 1) ? '\0' : '\n',
                   .motion = plain_ ? render::Motion::off : render::Motion::on,
                   .reader = ::isatty(STDIN_FILENO) != 0 ? render::Reader::who_answers : render::Reader::anybody,
                   .hint_words = ::isatty(STDIN_FILENO) != 0 ? in_chat_words : nullptr,
                   .opens = ::isatty(STDIN_FILENO) != 0 ? "/output" : "",
                   .amend_done = sinks_.amend_done()});
    sinks_.put_before(face->sink());
    auto result = tell(
        arguments_.takes_events() ? with_program(words, invocation, *face) : talk(words, delimiter, invocation, *face),
        invocation, *face);
    sinks_.on_end(result, invocation);
    return result;
  }

 private:
  Result<int> rehearse(const std::vector<std::string>& words, const Invocation& invocation) {
    ERRAND_TRY(enter_directory(arguments_));
    return show_first_request(
        {.words = words, .files = arguments_.files, .agent_prompt = {}, .stdin_is = StdinIs::lines}, arguments_,
        invocation);
  }

  // A chat that could not start, to readers of JSON.
  Result<int> tell(Result<int> result, const Invocation& invocation, Face& face) const {
    if (result || result.error().kind == ErrorKind::usage) return result;
    if (result.error().kind == ErrorKind::busy && arguments_.when_busy() == IfRunning::skip) {
      print_note(invocation.globals, fmt::format("skipped: {}", result.error().message));
      face.skipped();
      return face.finish(exit_success);
    }
    face.not_started(result.error());
    return result;
  }

  [[nodiscard]] Result<void> check(const std::vector<std::string>& words) const {
    ERRAND_TRY(arguments_.check());
    if (arguments_.output) return fail(ErrorKind::usage, "-o is for run", "redirect stdout");
    if (!arguments_.files.empty() && words.empty()) {
      return fail(ErrorKind::usage, "-f in chat goes with a PROMPT", "or write @path in a prompt");
    }
    if (arguments_.dry_run && words.empty()) {
      return fail(ErrorKind::usage, "--dry-run in chat goes with a PROMPT: it shows the request for it");
    }
    if (arguments_.changed_only && ::isatty(STDIN_FILENO) != 0) {
      return fail(ErrorKind::usage, "--changed-only in chat goes with prompts on stdin", "or use errand run");
    }
    return {};
  }

  Result<int> with_program(const std::vector<std::string>& words, const Invocation& invocation, Face& face) {
    ERRAND_TRY(enter_directory(arguments_));
    return talk_with_program(words, arguments_, "chat", invocation, sinks_, face);
  }

  Result<int> talk(const std::vector<std::string>& words, const std::string& delimiter, const Invocation& invocation,
                   Face& face) {
    ERRAND_TRY(enter_directory(arguments_));
    const auto first = words.empty() ? std::nullopt : std::optional(text::join(words, " "));
    const bool on_terminal = ::isatty(STDIN_FILENO) != 0;
    const auto typing = plain_ ? Typing::plain : Typing::edited;
    Person person(invocation, face, on_terminal ? typing : Typing::cooked);
    if (on_terminal) ERRAND_TRY(offer_trust(invocation, arguments_, person));
    ChatTerminal terminal(person.reports(), face, person.interaction(),
                          on_terminal ? person.notice_by() : NoticeBy::nothing);
    person.use_theme([&terminal] { return terminal.theme(); });
    sinks_.put_before(terminal.sink());
    ERRAND_TRY_ASSIGN(const auto talk,
                      Talk::start(invocation, arguments_, sinks_.sink(), terminal.interaction(), "chat"));
    ERRAND_TRY(sinks_.use(*talk, invocation));
    if (!talk->chat().definition().output_schema.empty()) face.answer_at_end();
    terminal.use(talk->engine().config().settings.terminal);
    ERRAND_TRY(move_to_session(*talk, invocation.globals));
    const Invocation inside{inside_, invocation.argv, invocation.signals};
    auto slash = slash_context(*talk, person, terminal, inside, face);
    if (on_terminal) return on_a_terminal(first, *talk, slash, person, inside, face);
    invocation.signals.keep_interrupts();
    ERRAND_TRY_ASSIGN(const auto code, scripted(first, delimiter, *talk, slash, inside, face));
    talk->chat().end("other");
    return face.finish(code);
  }

  // What is typed from now on, commands and paths, is about the place of the session. What the command line named stays
  // what it was.
  Result<void> move_to_session(const Talk& talk, const Globals& globals) {
    inside_ = globals;
    const auto& directory = talk.engine().config().sources.cwd;
    ERRAND_TRY_ASSIGN(const auto here, current_directory());
    if (directory == here) return {};
    const auto from_here = [&](const std::string& path) { return normalize_path(join_path(here, path)); };
    inside_.data_dir = talk.engine().place().data_directory;
    inside_.user = talk.engine().place().user;
    if (inside_.config_file) inside_.config_file = from_here(*inside_.config_file);
    for (auto& file : arguments_.files) {
      if (file != "-") file = from_here(file);
    }
    if (::chdir(directory.c_str()) == 0) return {};
    return fail_errno(ErrorKind::failure, fmt::format("can't go to the directory {}", directory), errno);
  }

  // What a project's files may only set once they are trusted is asked about here, and nowhere else.
  static Result<void> offer_trust(const Invocation& invocation, const RunArguments& arguments, Person& person) {
    if (!person.interaction().available()) return {};
    std::vector<chat::event::Warning> told_later;
    ERRAND_TRY_ASSIGN(const auto start, start_of(invocation, arguments, told_later));
    const auto& config = start.config;
    const auto& project = config.project;
    if (project.trust != config::Trust::untrusted && project.trust != config::Trust::changed) return {};
    print_note({},
               fmt::format("The files of {} {}:", project.root,
                           project.trust == config::Trust::changed ? "have changed what you trusted" : "would set"));
    for (const auto& value : project.guarded)
      print_note({}, fmt::format("  {}: {} {}", to_string(value.where), value.what, value.value));
    const repl::ChoiceRequest request{.kind = repl::LineKind::answer,
                                      .title = "Trust them? ",
                                      .hint = "a letter or arrows, then Enter; nothing is kept of a no",
                                      .choices = {{"yes, until they change", "for you, in this directory", "yes"},
                                                  {"no, go on without them", "", "no"}},
                                      .selected = 1,
                                      .typed = repl::ChoiceRequest::Typed::answers,
                                      .digits = repl::ChoiceRequest::Digits::select};
    ERRAND_TRY_ASSIGN(const auto answer, person.lines().choose(request, {.stop = invocation.signals.begin_run()}));
    if (answer.end == repl::Picked::End::interrupted) return fail(ErrorKind::cancelled, "cancelled");
    const bool trusts = answer.end == repl::Picked::End::picked && answer.choices.front() == 0;
    return trusts ? config::trust_project(config) : Result<void>{};
  }

  repl::SlashContext slash_context(Talk& talk, Person& person, ChatTerminal& terminal, const Invocation& invocation,
                                   Face& face) {
    repl::SlashContext out{.chat = talk.chat(), .config = talk.engine().config()};
    out.begin = [&talk] { return talk.begin_run(Call::Clock::now()); };
    out.appearance = appearance(person, terminal);
    out.beside = beside_run(invocation);
    let_find(out, talk, invocation);
    let_ask(out, talk, invocation);
    let_show(out, person, face);
    let_consult(out, talk, person, invocation, face);
    return out;
  }

  // Agents and sessions.
  void let_find(repl::SlashContext& out, const Talk& talk, const Invocation& invocation) {
    const auto& config = talk.engine().config();
    const auto& services = talk.engine().services();
    out.definition_of = [this, &config, &signals = invocation.signals](const std::string& id) {
      return definition_of(config, id, arguments_, {.stop = signals.token()});
    };
    out.find_session = [&services](const std::string& reference) {
      return services.store.find(reference, services.surroundings.roots.project);
    };
  }

  // Prompts, and the files that go with them.
  void let_ask(repl::SlashContext& out, Talk& talk, const Invocation& invocation) {
    out.message_of = [&signals = invocation.signals](const std::string& text) {
      return cli::message_of(text, AtPaths::attach, {.stop = signals.token()});
    };
    out.message_with = [&signals = invocation.signals](const std::string& text, const std::string& file) {
      return read_prompt({.words = text.empty() ? std::vector<std::string>{} : std::vector{text},
                          .files = {file},
                          .agent_prompt = {},
                          .stdin_is = StdinIs::lines},
                         {.stop = signals.token()});
    };
    out.told_of_files = [quiet = invocation.globals.quiet](const std::string& text) {
      return quiet ? std::vector<std::string>() : told_of(at_words(text));
    };
    out.ask = [this, &talk](const chat::UserMessage& prompt) -> Result<agent::RunResult> {
      auto result = talk.ask(prompt, talk.begin_run(Call::Clock::now()));
      if (result) asked_ = result->exit_code;
      ::malloc_trim(0);  // requests take many times what stays of them, and the next may be long in coming
      return result;
    };
  }

  static void let_show(repl::SlashContext& out, Person& person, Face& face) {
    out.say = [&face](std::string_view line) {  // it was asked for: -q keeps it back no more than an answer
      face.make_room();
      print_note({}, line);
    };
    out.show = [&face](std::string_view text) {
      face.make_room();
      if (!write_all(STDERR_FILENO, text)) return;  // a lost terminal shows at the next read
    };
    out.to_terminal = to_terminal;
    out.command = {.begin = [&face](std::string_view command) { face.begin_command(command); },
                   .said = [&face](std::string_view harmless) { face.command_said(harmless); },
                   .end = [&face](std::string_view left_out) { face.end_command(left_out); }};
    out.page = [&face, &person](const std::string& text) { return page(text, face, person); };
  }

  // The person, and the commands of the command line.
  static void let_consult(repl::SlashContext& out, Talk& talk, Person& person, const Invocation& invocation,
                          Face& face) {
    out.confirm = [&talk, &person, &face](const std::string& question) {
      face.make_room();
      return confirm(question, talk, person);
    };
    out.run_command = [&invocation, &face, &person](const std::vector<std::string>& words) -> Result<void> {
      face.make_room();
      const OutputBesideAnswers beside;
      const InChat in_chat;
      const auto run = [&]() -> Result<void> { return run_words(words, invocation).map([](int) {}); };
      auto done = opens_editor(words) ? person.lend_terminal(run) : run();
      return done ? done : fail(as_said_here(std::move(done).error(), words.front()));
    };
  }

  // Where answers go elsewhere than to the terminal, what a command prints must not come among them.
  static repl::BesideRun beside_run(const Invocation& invocation) {
    if (::isatty(STDOUT_FILENO) == 0) return {};
    return {.begin = [&signals = invocation.signals] { return Call{.stop = signals.token()}; },
            .page =
                [&signals = invocation.signals](const std::string& text) {
                  const Signals::Lent lent(signals);
                  return page_text(text);
                },
            .run_command = [&invocation](const std::vector<std::string>& words) -> Result<void> {
              const InChat in_chat;
              auto done = run_words(words, invocation).map([](int) {});
              return done ? done : fail(as_said_here(std::move(done).error(), words.front()));
            }};
  }

  // Where nothing is repainted, a pager would be.
  static Result<void> page(const std::string& text, Face& face, Person& person) {
    face.make_room();
    if (person.editor() != nullptr && ::isatty(STDOUT_FILENO) != 0)
      return person.lend_terminal([&text] { return page_text(text); });
    return write_all(STDERR_FILENO, text.ends_with('\n') ? text : text + '\n');
  }

  // "errand tools show" is "/tools show" here. Those of sessions have other names.
  static Error as_said_here(Error error, const std::string& command) {
    if (command == "sessions") return error;
    for (auto* text : {&error.message, &error.hint})
      *text = text::replace_all(std::move(*text), "errand " + command, "/" + command);
    return error;
  }

  static bool opens_editor(const std::vector<std::string>& words) { return words.size() > 1 && words[1] == "edit"; }

  static Result<bool> confirm(const std::string& question, Talk& talk, Person& person) {
    if (!person.interaction().available()) return fail(ErrorKind::denied, "no one is here to ask");
    const auto last = question.rfind('\n') + 1;
    print_note({}, question.substr(0, last - 1));
    ERRAND_TRY_ASSIGN(const auto answer, person.lines().read({repl::LineKind::answer, question.substr(last) + ": "},
                                                             talk.begin_run(Call::Clock::now())));
    if (answer.end == repl::ReadLine::End::interrupted) return fail(ErrorKind::cancelled, "cancelled");
    const auto word = text::lower(text::trim(answer.text));
    return word == "y" || word == "yes";
  }

  static repl::Appearance appearance(Person& person, ChatTerminal& terminal) {
    return {.use_theme = [&person, &terminal](std::string_view name) -> Result<std::string> {
              ERRAND_TRY_ASSIGN(auto now, terminal.use_theme(name));
              if (person.editor() != nullptr) {
                person.editor()->use_styles(terminal.theme().paints() ? repl::Styles::basic : repl::Styles::none);
              }
              return now;
            },
            .use_keys = [&person](std::string_view keys) { return use_keys(person, keys); },
            .theme = [&terminal] { return terminal.theme(); }};
  }

  static Result<std::string> use_keys(Person& person, std::string_view keys) {
    auto* const editor = person.editor();
    if (editor == nullptr) return fail(ErrorKind::failure, "the terminal itself edits here: it has its own keys");
    const bool vi = keys == "other" ? editor->keys() != repl::Keys::vi : keys == "vi";
    editor->use_keys(vi ? repl::Keys::vi : repl::Keys::emacs);
    return std::string(vi ? "keys: vi" : "keys: emacs");
  }

  Result<int> on_a_terminal(const std::optional<std::string>& first, Talk& talk, repl::SlashContext& slash,
                            Person& person, const Invocation& invocation, Face& face) {
    ERRAND_TRY(check_named_models(talk));
    if (person.editor() != nullptr) ERRAND_TRY(equip(*person.editor(), talk, arguments_, invocation));
    face.use_windows(windows_of(talk));
    const auto& services = talk.engine().services();
    slash.menus.emplace(repl::Menus{person.lines(), services.store, services.surroundings.roots.project});
    ERRAND_TRY_ASSIGN(const auto resumed, session_that_goes_on(talk));
    talk.chat().begin_servers();
    greet(talk, invocation.globals);
    if (resumed && !invocation.globals.quiet) repl::show_going_on(*resumed, slash);
    ChatStatus status(talk, face);
    const ModeKey mode_key(person.editor(), talk.chat(), status, face);
    auto& signals = invocation.signals;
    repl::TerminalChat chat{.slash = slash,
                            .lines = person.lines(),
                            .begin = [&talk] { return talk.begin_run(Call::Clock::now()); },
                            .typed = [&signals] { signals.typed(); },
                            .before_prompt = [&status] { status.refresh(); },
                            .must_leave = [&signals] { return must_leave(signals); },
                            .leave_if_cancelled_before = [&signals] { return signals.leave_if_interrupted_before(); },
                            .message_of =
                                [this, &first, &signals](const std::string& line, const Call& call) {
                                  return message(line, first, {.stop = signals.token(), .deadline = call.deadline});
                                },
                            .show_error =
                                [&face](Error error) {
                                  face.make_room();
                                  error.hint = in_chat_words(std::move(error.hint));
                                  print_error(error);
                                }};
    const int code = repl::run_terminal_chat(chat, first);
    talk.chat().end("prompt_input_exit");
    return face.finish(must_leave(signals) ? signals.cancelled()->exit_code : code);
  }

  // Those of the agent may be replaced by /model; who names one here means that one.
  [[nodiscard]] Result<void> check_named_models(Talk& talk) const {
    if (!arguments_.model) return {};
    const auto& config = talk.engine().config();
    ERRAND_TRY(config::resolve_models(config, talk.chat().definition().models, config.sources.cwd));
    return {};
  }

  static std::function<std::int64_t(const std::string&)> windows_of(const Talk& talk) {
    std::map<std::string, std::int64_t> windows;
    for (const auto& model : config::known_models(talk.engine().config())) windows[model.full_name()] = model.context;
    return [windows = std::move(windows)](const std::string& model) {
      const auto found = windows.find(model);
      return found == windows.end() ? 0 : found->second;
    };
  }

  static bool must_leave(const Signals& signals) {
    const auto by = signals.cancelled();
    return by && (signals.leaves() || by->exit_code != exit_interrupted);
  }

  static void greet(Talk& talk, const Globals& globals) {
    const auto& definition = talk.chat().definition();
    const auto& around = talk.engine().services().surroundings;
    const Greeting greeting{definition.id, text::join(definition.models, ","), around.workspace, around.roots.home};
    for (const auto& line : greeting_lines(greeting, render::columns_of(STDERR_FILENO) - 1)) print_note(globals, line);
  }

  // The one that the first prompt goes on with. That another process has it is known before that is written.
  Result<std::optional<store::SessionInfo>> session_that_goes_on(Talk& talk) const {
    const auto id = talk.chat().session_id();
    if (id.empty()) return std::nullopt;
    auto& store = talk.engine().store();
    const bool may_wait = arguments_.when_busy() == IfRunning::wait || arguments_.when_busy() == IfRunning::fork;
    if (!may_wait) ERRAND_TRY(store.lease(id));
    ERRAND_TRY_ASSIGN(auto info, store.find(id, ""));
    return info;
  }

  // The PROMPT of the command line takes the files with it.
  [[nodiscard]] Result<chat::UserMessage> message(const std::string& line, const std::optional<std::string>& first,
                                                  const Call& call) const {
    if (first && &line == &*first)
      return read_prompt({.words = {line}, .files = arguments_.files, .agent_prompt = {}, .stdin_is = StdinIs::lines},
                         call);
    return message_of(line, AtPaths::attach, call);
  }

  // Each record is one prompt; stops at the first that fails, or with --keep-going returns the first failure's code.
  Result<int> scripted(const std::optional<std::string>& first, const std::string& delimiter, Talk& talk,
                       repl::SlashContext& slash, const Invocation& invocation, Face& face) {
    RecordReader records(STDIN_FILENO, delimiter, max_input_bytes);
    int code = exit_success;
    if (first) {
      ERRAND_TRY_ASSIGN(const auto prompt, message(*first, first, talk.begin_run(Call::Clock::now())));
      ERRAND_TRY_ASSIGN(code, ask(talk, prompt));
      if (!is_delivered(code, invocation, face)) return code;
    }
    bool leaving = false;
    while (!leaving && (code == exit_success || keep_going_)) {
      const auto call = talk.begin_run(Call::Clock::now());
      ERRAND_TRY_ASSIGN(auto record, records.next(call));
      if (!record) break;
      if (delimiter == "\n" && record->ends_with('\r')) record->pop_back();  // a line of another system
      auto one = take(*record, talk, slash, leaving, call);
      if (!one && !keep_going_) return one;
      if (!one) print_error(one.error());
      const int ended = one ? *one : exit_code_of(one.error().kind);
      if (code == exit_success) code = ended;
      if (!is_delivered(ended, invocation, face)) break;
    }
    return code;
  }

  // Whether there is still somebody to answer.
  bool is_delivered(int code, const Invocation& invocation, Face& face) {
    const int delivered = face.finish(code).value_or(exit_broken_pipe);
    if (delivered == exit_success) sinks_.on_delivered(invocation.globals);
    return delivered != exit_broken_pipe;
  }

  Result<int> take(const std::string& record, Talk& talk, repl::SlashContext& slash, bool& leaving, const Call& call) {
    if (text::trim(record).empty()) return exit_success;
    if (!unicode::is_valid_utf8(record) || record.find('\0') != std::string::npos) {
      return fail(ErrorKind::usage, "a prompt on stdin is binary data, not text");
    }
    if (commands_ && record.starts_with('!')) {
      ERRAND_TRY(repl::run_shell_line(record, slash));
      return exit_success;
    }
    if (commands_ && repl::is_slash_command(record, slash)) {
      ERRAND_TRY_ASSIGN(const auto after, repl::run_slash(record, slash));
      if (after == repl::After::edit) return fail(ErrorKind::usage, "an editor needs a terminal");
      leaving = after == repl::After::leave;
      return std::exchange(asked_, exit_success);
    }
    ERRAND_TRY_ASSIGN(const auto prompt, message_of(record, commands_ ? AtPaths::attach : AtPaths::plain_text, call));
    if (commands_) repl::tell_of_files(record, slash);
    return ask(talk, prompt);
  }

  Result<int> ask(Talk& talk, const chat::UserMessage& prompt) {
    sinks_.asked(prompt);
    ERRAND_TRY_ASSIGN(const auto result, talk.ask(prompt, talk.begin_run(Call::Clock::now())));
    return result.exit_code;
  }

  RunArguments arguments_;
  Globals inside_;  // as commands within the chat have them
  AnswerSinks sinks_{arguments_};
  std::optional<std::string> delimiter_;
  bool keep_going_ = false;
  bool commands_ = false;
  int asked_ = exit_success;  ///< the code of what a slash command asked the agent
  bool plain_ = false;
};

}  // namespace

std::unique_ptr<Command> make_chat_command() {
  return std::make_unique<ChatCommand>();
}

}  // namespace errand::cli
