#include "repl/repl.hpp"

#include <chrono>

#include <fmt/format.h>

#include "base/exit_code.hpp"
#include "base/fd.hpp"
#include "base/text.hpp"

namespace errand::repl {

namespace {

// A second Ctrl-C at the prompt within this time leaves.
constexpr std::chrono::seconds leave_window{2};

class Loop {
 public:
  explicit Loop(TerminalChat& chat) : chat_(chat) {}

  int go(const std::optional<std::string>& first) {
    const auto attention = chat_.lines.attend();
    if (first) ask(*first);
    while (!leaving_ && !chat_.must_leave()) {
      const auto line = read_line();
      if (line && !text::trim(*line).empty()) take(*line);
    }
    return exit_success;
  }

 private:
  void say(std::string_view text) const {
    if (!write_all(chat_.err_fd, text)) return;  // a lost terminal shows at the next read
  }

  // nullopt: nothing to do with this one; at end of input, leaving_ is set.
  std::optional<std::string> read_line() {
    auto line = chat_.lines.read({.kind = LineKind::prompt, .prompt = "> "}, chat_.begin());
    if (!line) {
      chat_.show_error(line.error());
      leaving_ = true;
      return std::nullopt;
    }
    switch (line->end) {
      case ReadLine::End::interrupted:
        interrupted(line->text);
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

  // One that cleared what was typed is a first one.
  void interrupted(const std::string& typed) {
    const auto now = std::chrono::steady_clock::now();
    leaving_ = typed.empty() && last_interrupt_ && now - *last_interrupt_ < leave_window;
    last_interrupt_ = now;
    if (!leaving_ && !chat_.must_leave()) say("(Ctrl-D leaves)\n");
  }

  void take(const std::string& line) {
    if (!line.starts_with('/')) return ask(line);
    const auto after = run_slash(line, chat_.slash);
    if (!after)
      chat_.show_error(after.error());
    else if (*after == After::leave)
      leaving_ = true;
  }

  void ask(const std::string& line) {
    const auto message = chat_.message_of(line);
    if (!message) return chat_.show_error(message.error());
    const auto result = chat_.slash.chat.ask(*message, chat_.begin());
    if (!result) chat_.show_error(result.error());
  }

  TerminalChat& chat_;
  bool leaving_ = false;
  std::optional<std::chrono::steady_clock::time_point> last_interrupt_;
};

}  // namespace

int run_terminal_chat(TerminalChat& chat, const std::optional<std::string>& first_prompt) {
  return Loop(chat).go(first_prompt);
}

}  // namespace errand::repl
