#include <cstdlib>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/exit_code.hpp"
#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/named_file.hpp"
#include "base/try.hpp"
#include "cli/answer_sinks.hpp"
#include "cli/command.hpp"
#include "cli/detach.hpp"
#include "cli/face.hpp"
#include "cli/output.hpp"
#include "cli/person.hpp"
#include "cli/program_chat.hpp"
#include "cli/prompt_input.hpp"
#include "cli/rehearsal.hpp"
#include "cli/run_options.hpp"
#include "cli/schedule_run.hpp"
#include "cli/setup.hpp"
#include "cli/talk.hpp"
#include "render/output.hpp"

namespace errand::cli {

namespace {

// How this run was started, for its row: from a terminal, in a pipe, or with neither as cron does. Whoever starts it
// for another reason says so, and to nothing that this run starts.
std::string trigger() {
  if (const char* said = std::getenv(trigger_variable); said != nullptr && said == trigger_of_schedule) {
    ::unsetenv(trigger_variable);
    return std::string(trigger_of_schedule);
  }
  if (::isatty(STDIN_FILENO) != 0 || ::isatty(STDOUT_FILENO) != 0) return "tty";
  return ::isatty(STDERR_FILENO) != 0 ? "pipe" : "cron";
}

class RunCommand final : public Command {
 public:
  void declare(Options& options) override {
    arguments_.declare(options);
    arguments_.declare_start(options);
  }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    ERRAND_TRY(arguments_.check());
    if (arguments_.output == "-") arguments_.output.reset();
    if (arguments_.dry_run) return rehearse(words, invocation);
    if (arguments_.detach) handover_ = adopt_handover();
    if (arguments_.detach && !handover_) return start_detached(invocation, arguments_.format());
    if (arguments_.output) return run_into_file(words, invocation);
    return run_with(words, invocation, {});
  }

 private:
  Result<int> rehearse(const std::vector<std::string>& words, const Invocation& invocation) {
    ERRAND_TRY(enter_directory(arguments_));
    return show_first_request({.words = words, .files = arguments_.files, .agent_prompt = {}}, arguments_, invocation);
  }

  Result<int> run_with(const std::vector<std::string>& words, const Invocation& invocation, FaceOptions options) {
    options.amend_done = sinks_.amend_done();
    const auto face = make_face(invocation, arguments_, options);
    sinks_.put_before(face->sink());
    auto result = tell(arguments_.takes_events() ? talk(words, invocation, *face) : answer(words, invocation, *face),
                       invocation, *face);
    sinks_.on_end(result, invocation);
    return result;
  }

  // A run that could not start, to readers of JSON.
  Result<int> tell(Result<int> result, const Invocation& invocation, Face& face) {
    if (result || result.error().kind == ErrorKind::usage) return result;
    if (result.error().kind == ErrorKind::busy && arguments_.when_busy() == IfRunning::skip) {
      return skip(result.error(), invocation, face);
    }
    face.not_started(result.error());
    return result;
  }

  Result<int> skip(const Error& busy, const Invocation& invocation, Face& face) {
    print_note(invocation.globals, fmt::format("skipped: {}", busy.message));
    face.skipped();
    return face.finish(exit_success);
  }

  // -o FILE: what stdout would have got; the file is replaced whole, and only by a success. What there is without one,
  // a partial answer or the failure as JSON, is not lost: it goes to stdout after all.
  Result<int> run_into_file(const std::vector<std::string>& words, const Invocation& invocation) {
    ERRAND_TRY_ASSIGN(answer_file_, memory_file(""));
    auto result = run_with(words, invocation, {.out_fd = answer_file_.get()});
    if (delivered_) return result;
    ERRAND_TRY_ASSIGN(const auto content, answer_in_file());
    render::Output out(STDOUT_FILENO);
    out.put(content);
    out.flush();
    const bool is_lost = out.failed() && result && *result == exit_success;
    if (!is_lost) return result;
    return out.closed() ? Result<int>(exit_broken_pipe) : fail(*out.error());
  }

  Result<std::string> answer_in_file() {
    ::lseek(answer_file_.get(), 0, SEEK_SET);
    return read_all(answer_file_.get(), max_file_bytes);
  }

  Result<int> deliver(Face& face, int exit_code, const Call& call) {
    ERRAND_TRY_ASSIGN(const int code, face.finish(exit_code));
    if (!answer_file_ || code != exit_success || sinks_.keeps_answer_back()) return code;
    ERRAND_TRY_ASSIGN(const auto content, answer_in_file());
    ERRAND_TRY(write_named_file(*arguments_.output, content, call));
    delivered_ = true;
    return code;
  }

  // The journal says what the caller is told: an answer that was lost on its way out is no success.
  static void note_undelivered(Talk& talk, const std::string& run, const Result<int>& delivered) {
    const int code = delivered ? *delivered : exit_code_of(delivered.error().kind);
    const auto kind = delivered ? std::string_view{} : name_of(delivered.error().kind);
    const auto amended = talk.engine().store().amend_run(run, code, kind);
    if (!amended) log::warn("cli: the journal keeps that the run succeeded: {}", amended.error().message);
  }

  Result<int> talk(const std::vector<std::string>& words, const Invocation& invocation, Face& face) {
    ERRAND_TRY(enter_directory(arguments_));
    return talk_with_program(words, arguments_, trigger(), invocation, sinks_, face);
  }

  Result<int> answer(const std::vector<std::string>& words, const Invocation& invocation, Face& face) {
    const auto started = Call::Clock::now();
    ERRAND_TRY(enter_directory(arguments_));
    // An answer needs somewhere to go before anything is spent on it.
    if (arguments_.output) ERRAND_TRY(check_named_file(*arguments_.output));
    Person person(invocation, face, Typing::cooked);
    std::optional<DetachingSink> detaching;
    if (handover_) detaching.emplace(*std::exchange(handover_, {}), sinks_.sink(), invocation.signals);
    auto& sink = detaching ? static_cast<chat::EventSink&>(*detaching) : sinks_.sink();
    ERRAND_TRY_ASSIGN(const auto talk, Talk::start(invocation, arguments_, sink, person.interaction(), trigger()));
    if (detaching) {
      detaching->use([&](const std::string& session) { return talk->engine().store().files_directory(session); });
    }
    ERRAND_TRY(sinks_.use(*talk, invocation));
    if (!talk->chat().definition().output_schema.empty()) face.answer_at_end();
    const auto call = talk->begin_run(started);
    ERRAND_TRY_ASSIGN(
        const auto prompt,
        read_prompt({.words = words, .files = arguments_.files, .agent_prompt = talk->chat().definition().prompt},
                    call));
    sinks_.asked(prompt);
    ERRAND_TRY_ASSIGN(const auto result, talk->ask(prompt, call));
    talk->chat().end("other");
    auto delivered = deliver(face, result.exit_code, call);
    if (result.exit_code == exit_success && (!delivered || *delivered != exit_success)) {
      note_undelivered(*talk, result.id, delivered);
    }
    if (delivered && *delivered == exit_success) sinks_.on_delivered(invocation.globals);
    return delivered;
  }

  RunArguments arguments_;
  AnswerSinks sinks_{arguments_};
  std::optional<Fd> handover_;  // in the process that --detach started
  Fd answer_file_;              // -o: the answer until it is whole
  bool delivered_ = false;      // it is in its file
};

}  // namespace

std::unique_ptr<Command> make_run_command() {
  return std::make_unique<RunCommand>();
}

}  // namespace errand::cli
