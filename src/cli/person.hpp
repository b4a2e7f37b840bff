#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "chat/interaction.hpp"
#include "cli/chat_terminal.hpp"
#include "cli/command.hpp"
#include "cli/face.hpp"
#include "repl/line_reader.hpp"
#include "terminal/keyboard.hpp"
#include "terminal/signal_watch.hpp"

namespace errand::repl {
class LineEditor;
}

namespace errand::cli {

/// How a person types: into our own editor, prompt by prompt as the terminal itself edits lines, or answers alone.
enum class Typing { edited, plain, cooked };

/// The person at the terminal, when there is one: stdin and stderr are a terminal and --no-input was not said. Else
/// nobody is there, and what would ask is denied.
class Person {
 public:
  /// `face` is borrowed: it is held while there is a question, and what it paints on is where the person types.
  /// Typing::edited is meant where the terminal is up to it, else it is plain; both make the signals of terminals
  /// heard, so nothing else may have started a thread yet.
  Person(const Invocation& invocation, Face& face, Typing typing);
  ~Person();

  [[nodiscard]] chat::Interaction& interaction() { return *interaction_; }
  [[nodiscard]] repl::LineReader& lines() { return *lines_; }
  /// None where lines are cooked.
  [[nodiscard]] repl::LineEditor* editor() { return editor_; }
  [[nodiscard]] TerminalReports& reports() { return reports_; }
  [[nodiscard]] NoticeBy notice_by() const;

  /// What questions are painted with from now on: asked at each.
  void use_theme(std::function<render::Theme()> theme) { theme_ = std::move(theme); }

  /// Gives the terminal back for as long as `user` takes, which may read it.
  Result<void> lend_terminal(const std::function<Result<void>()>& user);

 private:
  void hear_terminal();
  void use_editor(const Invocation& invocation, Face& face);

  TerminalReports reports_;
  std::function<render::Theme()> theme_;
  std::unique_ptr<terminal::Changes> changes_;
  std::unique_ptr<terminal::SignalWatch> signals_;
  std::unique_ptr<repl::LineReader> lines_;
  repl::LineEditor* editor_ = nullptr;  ///< lines_, when it is one
  std::unique_ptr<chat::Interaction> interaction_;
};

}  // namespace errand::cli
