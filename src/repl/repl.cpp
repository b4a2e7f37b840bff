#include "repl/repl.hpp"

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "agent/steering.hpp"
#include "base/exit_code.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "repl/notes.hpp"

namespace errand::repl {

namespace {

// A second Ctrl-C at the prompt within this time leaves.
constexpr std::chrono::seconds leave_window{2};

// Whoever cancelled has said what is to become of what waits.
bool is_failure(const chat::event::Done& done) {
  return done.error && done.error->kind != ErrorKind::cancelled;
}

// As in a shell; nobody asks a model that.
bool says_good_bye(std::string_view line) {
  const auto word = text::trim(line);
  return word == "exit" || word == "quit";
}

class Loop {
 public:
  explicit Loop(TerminalChat& chat) : chat_(chat), steering_([&chat] { chat.lines.steered(); }) {
    chat_.slash.begin_next_with = [this](std::string text) { next_text_ = std::move(text); };
    chat_.slash.chat.use_steering(&steering_);
    chat_.lines.steer_with([this](const std::string& line) { return steer(line); });
    chat_.lines.answer_with([&chat](const std::string& line) { return answer_beside(line, chat.slash); });
    ask_ = std::exchange(chat_.slash.ask, [this](const chat::UserMessage& prompt) { return ask(prompt); });
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() {
    chat_.lines.answer_with({});
    chat_.lines.steer_with({});
    chat_.slash.ask = std::move(ask_);
    chat_.slash.begin_next_with = nullptr;
    chat_.slash.chat.use_steering(nullptr);
  }

  int go(const std::optional<std::string>& first) {
    const auto attention = chat_.lines.attend();
    if (first) {
      show_typed(*first);
      ask_line(*first);
      chat_.lines.steer_no_more();
    }
    while (!leaving_ && !chat_.must_leave()) {
      const auto line = read_line();
      if (line && !text::trim(*line).empty()) take(*line);
    }
    chat_.lines.settle();
    tell_of_stopped(chat_.slash);
    return exit_success;
  }

 private:
  // The prompt that nothing was said to, as it was typed and as it is stored.
  struct Unanswered {
    std::string line;
    std::string message;
  };

  // The prompt of the command line, as if it had been typed here.
  void show_typed(std::string_view prompt) {
    const auto lines = text::replace_all(unicode::sanitize(text::trim_end(prompt)), "\n", "\n  ");
    chat_.slash.show(fmt::format("> {}\n", lines));
  }

  // nullopt: nothing to do with this one; at end of input, leaving_ is set.
  std::optional<std::string> read_line() {
    chat_.lines.settle();
    if (chat_.before_prompt) chat_.before_prompt();
    const auto call = chat_.begin();
    auto line = chat_.lines.read({.kind = LineKind::prompt,
                                  .prompt = "> ",
                                  .start = std::exchange(next_start_, LineStart::empty),
                                  .text = std::exchange(next_text_, {})},
                                 call);
    if (!line) {
      chat_.show_error(line.error());
      leaving_ = true;
      return std::nullopt;
    }
    switch (line->end) {
      case ReadLine::End::interrupted:
        interrupted(line->text, call);
        return std::nullopt;
      case ReadLine::End::closed:
        leaving_ = true;
        return std::nullopt;
      case ReadLine::End::submitted:
        break;
    }
    chat_.typed();
    last_interrupt_.reset();
    return std::move(line->text);
  }

  // One that cleared what was typed is a first one. A signal is counted where it is heard of.
  void interrupted(const std::string& typed, const Call& call) {
    if (!call.stop.stop_requested() && chat_.leave_if_cancelled_before()) return;
    const auto now = std::chrono::steady_clock::now();
    leaving_ = typed.empty() && last_interrupt_ && now - *last_interrupt_ < leave_window;
    last_interrupt_ = now;
    if (!leaving_ && !chat_.must_leave()) chat_.slash.show("(Ctrl-D leaves)\n");
  }

  // On the thread that hears what is typed.
  Result<bool> steer(const std::string& line) {
    auto message = chat_.message_of(line, Call{}.within(std::chrono::seconds{0}));
    if (!message && message.error().kind == ErrorKind::timeout) return false;  // a pipe is waited for after the run
    if (!message) return fail(std::move(message).error());
    return steering_.add(*std::move(message));
  }

  void take(const std::string& line) {
    take_one(line);
    chat_.lines.steer_no_more();
  }

  void take_one(const std::string& line) {
    if (line.starts_with('!')) return run_shell(line);
    if (says_good_bye(line)) {
      leaving_ = true;
      return;
    }
    if (!is_slash_command(line, chat_.slash)) return ask_line(line);
    run_command(line);
  }

  // False: it failed, and that was shown.
  bool run_command(const std::string& line) {
    const auto after = run_slash(line, chat_.slash);
    if (!after) {
      show(after.error());
      return false;
    }
    if (*after == After::leave) leaving_ = true;
    if (*after == After::edit) next_start_ = LineStart::in_editor;
    return true;
  }

  void run_shell(const std::string& line) {
    if (const auto ran = run_shell_line(line, chat_.slash); !ran) show(ran.error());
  }

  // Not into a program that the person has open beside what failed.
  void show(const Error& error) {
    chat_.lines.settle();
    chat_.show_error(error);
  }

  // A prompt that no run began with is not lost: the next line begins with it. Nor is one that nothing was said to;
  // that is in the conversation, and sent as it stands it is asked again and not twice.
  void ask_line(const std::string& line) {
    came_to_nothing_ = false;
    if (stands_unanswered(line, std::exchange(unanswered_, std::nullopt))) {
      if (!run_command("/retry")) next_text_ = line;
    } else {
      const auto message = chat_.message_of(line, Call{});
      if (!message) return give_back(line, message.error());
      tell_of_files(line, chat_.slash);
      if (const auto asked = ask(*message); !asked) return give_back(line, asked.error());
    }
    if (!came_to_nothing_) return;
    next_text_ = line;
    if (auto end = open_end()) unanswered_ = Unanswered{line, *std::move(end)};
  }

  // The id of the message that the conversation ends with, where that is a prompt: a run that could not begin left
  // none.
  [[nodiscard]] std::optional<std::string> open_end() const {
    const auto history = chat_.slash.chat.conversation();
    if (!history || history->messages.empty()) return std::nullopt;
    const auto& last = history->messages.back();
    return std::holds_alternative<chat::UserMessage>(last.body) ? std::optional(last.message_id) : std::nullopt;
  }

  // In this session and at its end, whatever was done since.
  [[nodiscard]] bool stands_unanswered(const std::string& line, const std::optional<Unanswered>& unanswered) const {
    return unanswered && unanswered->line == line && open_end() == unanswered->message;
  }

  void give_back(const std::string& line, const Error& error) {
    show(error);
    next_text_ = line;
  }

  // Whoever asks, a typed prompt or a command: after a failure what waits goes on waiting.
  Result<agent::RunResult> ask(const chat::UserMessage& prompt) {
    auto result = ask_(prompt);
    if (!result || is_failure(result->done)) chat_.lines.pause();
    came_to_nothing_ = result && is_failure(result->done) && result->done.num_turns == 0;
    return result;
  }

  TerminalChat& chat_;
  agent::Steering steering_;
  std::function<Result<agent::RunResult>(const chat::UserMessage&)> ask_;
  bool leaving_ = false;
  LineStart next_start_ = LineStart::empty;
  std::string next_text_;
  std::optional<Unanswered> unanswered_;
  bool came_to_nothing_ = false;  // the newest run failed before its model had said anything
  std::optional<std::chrono::steady_clock::time_point> last_interrupt_;
};

}  // namespace

int run_terminal_chat(TerminalChat& chat, const std::optional<std::string>& first_prompt) {
  return Loop(chat).go(first_prompt);
}

}  // namespace errand::repl
