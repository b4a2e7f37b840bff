#include "cli/program_chat.hpp"

#include <memory>
#include <optional>
#include <variant>

#include <unistd.h>

#include "base/exit_code.hpp"
#include "base/overloaded.hpp"
#include "base/try.hpp"
#include "cli/output.hpp"
#include "cli/program_input.hpp"
#include "cli/prompt_input.hpp"
#include "cli/talk.hpp"

namespace errand::cli {

namespace {

const agent::CancelledBy by_program{"program", exit_interrupted};

class ProgramChat {
 public:
  ProgramChat(Talk& talk, ProgramInput& input, const Invocation& invocation, AnswerSinks& sinks, Face& face)
      : talk_(talk), input_(input), invocation_(invocation), sinks_(sinks), face_(face) {}

  Result<int> go(const std::optional<chat::UserMessage>& first) {
    if (first) ERRAND_TRY(ask({*first}));
    while (!left_) {
      const auto item = input_.next({.stop = invocation_.signals.begin_run()});
      if (!item && item.error().kind == ErrorKind::cancelled) {
        // What the program wanted stopped was over by then.
        if (!must_leave()) continue;
        return invocation_.signals.cancelled()->exit_code;
      }
      if (!item) return fail(item.error());
      if (!*item) break;
      ERRAND_TRY(std::visit(overloaded{[this](const ProgramInput::Prompt& prompt) { return ask(prompt); },
                                       [this](const ProgramInput::Compact& wanted) { return compact(wanted); }},
                            **item));
    }
    return code_;
  }

 private:
  // One that was cancelled before its turn came is a run all the same, which ends at once: the program hears of it.
  Result<void> ask(const ProgramInput::Prompt& prompt) {
    const auto call = talk_.begin_run(Call::Clock::now());
    if (prompt.cancelled) invocation_.signals.request(by_program);
    sinks_.asked(prompt.message);
    ERRAND_TRY_ASSIGN(const auto result, talk_.ask(prompt.message, call));
    ERRAND_TRY_ASSIGN(code_, face_.finish(result.exit_code));
    if (code_ == exit_success) sinks_.on_delivered(invocation_.globals);
    left_ = code_ == exit_broken_pipe || must_leave();
    return {};
  }

  // One that did not come about is no failure of the conversation, unless it can't be kept any longer.
  Result<void> compact(const ProgramInput::Compact& wanted) {
    const auto done = talk_.chat().compact(wanted.hint, talk_.begin_run(Call::Clock::now()));
    if (done) return {};
    const auto kind = done.error().kind;
    if (must_leave() || kind == ErrorKind::storage || kind == ErrorKind::internal) return fail(done.error());
    print_note(invocation_.globals, "compact: " + done.error().message);
    return {};
  }

  [[nodiscard]] bool must_leave() const {
    const auto by = invocation_.signals.cancelled();
    return by && by->name != by_program.name;
  }

  Talk& talk_;
  ProgramInput& input_;
  const Invocation& invocation_;
  AnswerSinks& sinks_;
  Face& face_;
  int code_ = exit_success;
  bool left_ = false;
};

}  // namespace

Result<int> talk_with_program(const std::vector<std::string>& words, const RunArguments& arguments,
                              const std::string& trigger, const Invocation& invocation, AnswerSinks& sinks,
                              Face& face) {
  auto& signals = invocation.signals;
  signals.keep_interrupts();
  std::optional<chat::UserMessage> first;
  if (!words.empty() || !arguments.files.empty()) {
    ERRAND_TRY_ASSIGN(
        first,
        read_prompt({.words = words, .files = arguments.files, .agent_prompt = {}, .stdin_is = StdinIs::lines}, {}));
  }
  ProgramInput input(STDIN_FILENO, [&signals] { signals.request(by_program); });
  ProgramQuestions questions(input, sinks.sink());
  ERRAND_TRY_ASSIGN(const auto talk, Talk::start(invocation, arguments, questions, questions, trigger));
  ERRAND_TRY(sinks.use(*talk, invocation));
  auto ended = ProgramChat(*talk, input, invocation, sinks, face).go(first);
  talk->chat().end("other");
  return ended;
}

}  // namespace errand::cli
