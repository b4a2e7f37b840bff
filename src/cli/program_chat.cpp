#include "cli/program_chat.hpp"

#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "base/exit_code.hpp"
#include "base/json.hpp"
#include "base/overloaded.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/output.hpp"
#include "cli/program_control.hpp"
#include "cli/program_input.hpp"
#include "cli/prompt_input.hpp"
#include "cli/talk.hpp"
#include "config/lookup.hpp"

namespace errand::cli {

namespace {

const agent::CancelledBy by_program{"program", exit_interrupted};
constexpr int max_shown_columns = 60;

class ProgramChat {
 public:
  ProgramChat(Talk& talk, ProgramInput& input, const Invocation& invocation, AnswerSinks& sinks, Face& face)
      : talk_(talk),
        input_(input),
        invocation_(invocation),
        sinks_(sinks),
        face_(face),
        first_models_(talk.chat().definition().models) {}

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
                                       [this](const ProgramInput::Compact& wanted) { return compact(wanted); },
                                       [this](const ProgramControl& control) { return heed(control); }},
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

  Result<void> heed(const ProgramControl& control) {
    const auto done = do_as_asked(control);
    face_.say(done ? control_response(control, *done) : control_response(control, done.error()));
    return {};
  }

  Result<Json> do_as_asked(const ProgramControl& control) {
    if (control.subtype == "initialize") return initialize(control);
    if (control.subtype == "interrupt") return Json{{"still_queued", Json::array()}};  // the reading thread did it
    if (control.subtype == "set_permission_mode") return use_mode(control);
    if (control.subtype == "set_model") return use_model(control);
    return fail(Error{.kind = ErrorKind::failure,
                      .message = fmt::format("\"{}\" is no request that can be asked here",
                                             text::ellipsize(control.subtype, max_shown_columns)),
                      .code = std::string(unsupported_request)});
  }

  // What it would set is set by agents.yaml and the command line.
  Result<Json> initialize(const ProgramControl& control) {
    if (!control.fields.empty()) {
      print_note(invocation_.globals, fmt::format("warning: the program's \"initialize\" sets {}, which has no effect",
                                                  text::join(control.fields, ", ")));
    }
    auto models = Json::array();
    for (const auto& model : first_models_) {
      models.push_back({{"value", model}, {"displayName", model}, {"description", ""}});
    }
    return Json{{"commands", Json::array()},   {"agents", Json::array()},
                {"output_style", "default"},   {"available_output_styles", {"default"}},
                {"models", std::move(models)}, {"account", Json::object()}};
  }

  Result<Json> use_mode(const ProgramControl& control) {
    ERRAND_TRY_ASSIGN(const auto mode, mode_in(control));
    talk_.chat().use_mode(mode);
    return Json{{"mode", control.value}};
  }

  Result<Json> use_model(const ProgramControl& control) {
    const auto& config = talk_.engine().config();
    const auto models = control.value.empty() ? first_models_ : std::vector<std::string>{control.value};
    ERRAND_TRY(config::resolve_models(config, models, config.sources.cwd));
    talk_.chat().use_models(models);
    return Json{{"model", text::join(models, ",")}};
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
  std::vector<std::string> first_models_;
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
        first, read_prompt({.words = words, .files = arguments.files, .agent_prompt = {}, .stdin_is = StdinIs::lines},
                           {.stop = signals.token()}));
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
