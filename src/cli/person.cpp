#include "cli/person.hpp"

#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <unistd.h>

#include "base/try.hpp"
#include "cli/editor.hpp"
#include "cli/output.hpp"
#include "cli/prompt_input.hpp"
#include "cli/signals.hpp"
#include "cli/terminal_habits.hpp"
#include "render/options.hpp"
#include "render/theme.hpp"
#include "repl/cooked_lines.hpp"
#include "repl/editor/line_editor.hpp"
#include "repl/terminal_interaction.hpp"
#include "terminal/bottom.hpp"

namespace errand::cli {

namespace {

// What the run shows is away as long as this lives, and so is whatever program the person opened beside it: what was
// said meanwhile is shown first.
class Hold {
 public:
  Hold(Face& face, repl::LineReader& lines) : face_(face) {
    lines.settle();
    face_.hold();
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  ~Hold() { face_.release(); }

 private:
  Face& face_;
};

// Questions have the terminal to themselves, one at a time: subagents that run together may ask together.
class RoomMaking final : public chat::Interaction {
 public:
  RoomMaking(repl::LineReader& lines, Face& face, std::function<render::Theme()> theme)
      : lines_(lines), terminal_(lines, STDERR_FILENO, std::move(theme)), face_(face) {}

  [[nodiscard]] bool available() const override { return true; }
  Result<chat::ApprovalAnswer> approve(const chat::ApprovalQuestion& question, const Call& call) override {
    const std::lock_guard lock(mutex_);
    const Hold hold(face_, lines_);
    return terminal_.approve(question, call);
  }
  Result<std::vector<std::string>> answer(const std::vector<chat::event::Question>& questions,
                                          const Call& call) override {
    const std::lock_guard lock(mutex_);
    const Hold hold(face_, lines_);
    return terminal_.answer(questions, call);
  }
  Result<chat::PlanAnswer> review(const std::string& plan, const Call& call) override {
    const std::lock_guard lock(mutex_);
    const Hold hold(face_, lines_);
    return terminal_.review(plan, call);
  }

 private:
  std::mutex mutex_;
  repl::LineReader& lines_;
  repl::TerminalInteraction terminal_;
  Face& face_;
};

bool is_there(const Globals& globals) {
  return !globals.no_input && ::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0;
}

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

// Cursor motion is what an editor needs; a terminal that is not named has none.
bool can_edit() {
  const auto term = variable("TERM");
  return !term.empty() && term != "dumb" && ::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0;
}

// Of diffs and plans in questions, until a chat knows better.
render::Theme theme_of(const Globals& globals, render::Background background) {
  const auto choice = globals.color == "always"  ? render::ColorChoice::always
                      : globals.color == "never" ? render::ColorChoice::never
                                                 : render::ColorChoice::automatic;
  const auto color = render::decide_color(choice, render::color_variables(), render::medium_of(STDERR_FILENO));
  return {render::decide_depth(color, render::terminal_variables()), background};
}

repl::Styles styles_of(const Globals& globals) {
  if (globals.color == "never") return repl::Styles::none;
  const auto color =
      render::decide_color(render::ColorChoice::automatic, render::color_variables(), render::medium_of(STDERR_FILENO));
  return color == render::Color::on || globals.color == "always" ? repl::Styles::basic : repl::Styles::none;
}

}  // namespace

Person::Person(const Invocation& invocation, Face& face, Typing typing)
    : theme_([this, &globals = invocation.globals] { return theme_of(globals, reports_.background); }) {
  const bool is_on_terminal = ::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0;
  if (typing != Typing::cooked && is_on_terminal) hear_terminal();
  if (typing == Typing::edited && can_edit())
    use_editor(invocation, face);
  else
    lines_ =
        std::make_unique<repl::CookedLines>(STDIN_FILENO, STDERR_FILENO, max_input_bytes, edit_text, changes_.get());
  if (is_there(invocation.globals)) {
    interaction_ = std::make_unique<RoomMaking>(*lines_, face, [this] { return theme_(); });
  } else {
    interaction_ = std::make_unique<repl::NobodyThere>();
  }
}

Person::~Person() = default;

// The Linux console shows what it does not know of OSC 9.
NoticeBy Person::notice_by() const {
  if (::isatty(STDERR_FILENO) == 0) return NoticeBy::nothing;
  return editor_ != nullptr && variable("TERM") != "linux" ? NoticeBy::bell_and_text : NoticeBy::bell;
}

Result<void> Person::lend_terminal(const std::function<Result<void>()>& user) {
  return editor_ != nullptr ? editor_->lend(user) : user();
}

void Person::hear_terminal() {
  changes_ = std::make_unique<terminal::Changes>();
  signals_ = std::make_unique<terminal::SignalWatch>(*changes_);
}

void Person::use_editor(const Invocation& invocation, Face& face) {
  auto* const bottom = face.bottom();
  auto editor = std::make_unique<repl::LineEditor>(repl::EditorParts{
      .in_fd = STDIN_FILENO,
      .out_fd = STDERR_FILENO,
      .changes = *changes_,
      .protocols = variable("TERM") == "linux" ? terminal::Protocols::none : terminal::Protocols::keys,
      .on_narrowing = on_narrowing(),
      .bottom = bottom != nullptr && is_same_terminal(bottom->fd(), STDERR_FILENO) ? bottom : nullptr,
      .styles = styles_of(invocation.globals),
      .on_interrupt = [&signals = invocation.signals] { signals.interrupt(); },
      .on_key = [&signals = invocation.signals] { signals.typed(); },
      .on_resize = [&face] { face.fit(); },
      .edit_outside = edit_text,
      .show_error = print_error,
      .on_said = [this](const terminal::Key& said) { reports_.hear(said); }});
  editor_ = editor.get();
  if (styles_of(invocation.globals) != repl::Styles::none && variable("TERM") != "linux") editor_->ask_background();
  lines_ = std::move(editor);
}

}  // namespace errand::cli
