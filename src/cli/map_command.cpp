#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/exit_code.hpp"
#include "base/try.hpp"
#include "cli/command.hpp"
#include "cli/map_output.hpp"
#include "cli/map_prompt.hpp"
#include "cli/map_resume.hpp"
#include "cli/map_run.hpp"
#include "cli/output.hpp"
#include "cli/prompt_input.hpp"
#include "cli/run_options.hpp"
#include "cli/setup.hpp"
#include "cli/talk.hpp"
#include "render/options.hpp"
#include "repl/terminal_interaction.hpp"

namespace errand::cli {

namespace {

// Each is a thread, and a sandbox now and then.
constexpr std::int64_t max_jobs = 256;

// The engine's own events: each record's run has a sink of its own.
class NoEvents final : public chat::EventSink {
 public:
  void on_event(const chat::Event&) override {}
};

class MapCommand final : public Command {
 public:
  void declare(Options& options) override {
    options.group("Records");
    options.flag("--each-line", each_line_, "each line of stdin is a record (default); blank ones are passed over");
    options.flag("--each-json", each_json_, "each line of stdin is a JSON value; {{field}} in PROMPT is a field of it");
    options.number("-j,--jobs", jobs_, 1, "so many at a time; default 1");
    options.text("--resume", resume_, "FILE", "an earlier output: what is done there is taken from it");
    options.flag("--retry-failed", retry_failed_, "with --resume: what failed is run again too");
    arguments_.declare_agent(options);
    options.group("Input and session");
    options.list("-f,--file", arguments_.files, "PATH", "attach text, an image or a PDF to each");
    options.text("--output-schema", arguments_.output_schema, "FILE|JSON",
                 "each answer is JSON that follows this schema");
    options.flag("--no-session", arguments_.no_session, "keep nothing");
    options.text("--lock", arguments_.lock, "NAME", "hold this lock meanwhile: one process at a time has it");
    options.choice("--if-running", arguments_.if_running, {"fail", "skip", "wait"},
                   "when another process has the lock; default fail");
    arguments_.declare_recording(options);
    arguments_.declare_limits(options);
  }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    ERRAND_TRY(check());
    ERRAND_TRY(enter_directory(arguments_));
    std::optional<EarlierOutput> earlier;
    if (resume_) {
      ERRAND_TRY_ASSIGN(earlier, EarlierOutput::read(*resume_));
      if (earlier->is_file_of(STDOUT_FILENO)) return same_file();
    }
    MapOptions options{.form = each_json_ ? RecordForm::json : RecordForm::line,
                       .jobs = static_cast<std::size_t>(jobs_.value_or(1)),
                       .max_cost = std::exchange(arguments_.max_cost, std::nullopt),
                       .keep_sessions = !arguments_.no_session,
                       .retry_failed = retry_failed_};
    NoEvents sink;
    repl::NobodyThere nobody;
    auto started = Talk::start(invocation, arguments_, sink, nobody, "map");
    if (!started && started.error().kind == ErrorKind::busy && arguments_.when_busy() == IfRunning::skip) {
      print_note(invocation.globals, fmt::format("skipped: {}", started.error().message));
      return exit_success;
    }
    ERRAND_TRY_ASSIGN(const auto talk, std::move(started));
    for (const auto& warning : talk->warnings()) print_note(invocation.globals, "warning: " + warning.message);
    ERRAND_TRY_ASSIGN(const auto prompt, prompt_of(words, *talk, options.form, invocation));
    return map(*talk, prompt, earlier ? &*earlier : nullptr, options, invocation);
  }

 private:
  Result<void> check() const {
    ERRAND_TRY(arguments_.check());
    if (each_line_ && each_json_) {
      return fail(ErrorKind::usage, "--each-line and --each-json exclude each other", "give one of them");
    }
    if (retry_failed_ && !resume_) {
      return fail(ErrorKind::usage, "--retry-failed retries nothing",
                  "give --resume FILE, the earlier output, with it");
    }
    if (jobs_.value_or(1) > max_jobs) {
      return fail(ErrorKind::usage, fmt::format("-j {} is more than {}", *jobs_, max_jobs));
    }
    if (std::ranges::find(arguments_.files, "-") != arguments_.files.end()) {
      return fail(ErrorKind::usage, "\"-\" can't be attached: stdin is where the records come from");
    }
    if (::isatty(STDIN_FILENO) != 0) {
      return fail(ErrorKind::usage, "there are no records: stdin is a terminal",
                  "pipe them in: errand map -a ID PROMPT < FILE");
    }
    return {};
  }

  tl::unexpected<Error> same_file() const {
    return fail(ErrorKind::usage, fmt::format("stdout and --resume are the same file, {}", *resume_),
                "write to another file: what is done is written there too");
  }

  Result<MapPrompt> prompt_of(const std::vector<std::string>& words, Talk& talk, RecordForm form,
                              const Invocation& invocation) {
    PromptParts parts{.words = words,
                      .files = arguments_.files,
                      .agent_prompt = talk.chat().definition().prompt,
                      .stdin_is = StdinIs::lines};
    const auto what = parts.words.empty() && parts.agent_prompt.empty() ? PromptIs::record : PromptIs::words;
    if (what == PromptIs::record) parts.words = {"{{line}}"};
    ERRAND_TRY_ASSIGN(auto message, read_prompt(parts, Call{invocation.signals.begin_run()}));
    return MapPrompt(std::move(message), form, what);
  }

  static Result<int> map(Talk& talk, const MapPrompt& prompt, const EarlierOutput* earlier, const MapOptions& options,
                         const Invocation& invocation) {
    auto& signals = invocation.signals;
    const auto motion = render::decide_motion(render::color_variables(), render::medium_of(STDERR_FILENO));
    const bool watched = motion == render::Motion::on && !invocation.globals.quiet;
    const auto bar = watched && ::isatty(STDOUT_FILENO) == 0 ? MapOutput::Bar::on : MapOutput::Bar::off;
    MapOutput output(STDOUT_FILENO, bar, [&signals] { signals.request({"stdout", exit_broken_pipe}); });
    const auto went = MapRun(talk, prompt, earlier, options, output, invocation).go(STDIN_FILENO, signals.begin_run());
    const auto written = output.finish();
    const auto progress = output.progress();
    if (output.closed()) return exit_broken_pipe;
    if (watched || progress.failed + progress.unfinished > 0) print_note(invocation.globals, summary_of(progress));
    if (const auto by = signals.cancelled(); by && by->name != "stdout") return by->exit_code;
    ERRAND_TRY(written);
    ERRAND_TRY(went);
    return progress.failed + progress.unfinished > 0 ? exit_code_of(ErrorKind::failure) : exit_success;
  }

  RunArguments arguments_;
  bool each_line_ = false;
  bool each_json_ = false;
  bool retry_failed_ = false;
  std::optional<std::int64_t> jobs_;
  std::optional<std::string> resume_;
};

}  // namespace

std::unique_ptr<Command> make_map_command() {
  return std::make_unique<MapCommand>();
}

}  // namespace errand::cli
