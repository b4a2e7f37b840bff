#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "repl/editor/history.hpp"
#include "repl/editor/line_session.hpp"
#include "repl/line_reader.hpp"
#include "terminal/keyboard.hpp"
#include "terminal/painter.hpp"
#include "terminal/raw_mode.hpp"

namespace errand::repl {

/// What the editor works with. Descriptors and changes are borrowed.
struct EditorParts {
  int in_fd = 0;
  int out_fd = 2;
  terminal::Changes& changes;
  terminal::Protocols protocols = terminal::Protocols::keys;
  terminal::OnNarrowing on_narrowing = terminal::OnNarrowing::wraps;
  Styles styles = Styles::basic;
  Keys keys = Keys::emacs;
  std::function<void()> on_interrupt;  ///< Ctrl-C while nobody reads; called on another thread
  /// Lets the person edit the text in a program of theirs; the terminal is as it was before.
  std::function<Result<std::string>(const std::string& text)> edit_outside;
  std::function<void(const Error&)> show_error;
};

/// The editor on a terminal. A line is painted in place and stays in the scrollback once it is submitted.
class LineEditor final : public LineReader {
 public:
  explicit LineEditor(EditorParts parts);

  Result<ReadLine> read(const LineRequest& request, const Call& call) override;
  std::unique_ptr<Attention> attend() override;

  /// From now on submitted prompts are kept there and found again; without, they are while the editor lives.
  void use_history(HistoryFile file);
  void use_completer(Completer completer) { completer_ = std::move(completer); }

 private:
  class Watch;
  enum class Next { go_on, done };

  void watch();
  Result<ReadLine> edit(const LineRequest& request, const Call& call);
  Result<Next> take(const terminal::Input& input, ReadLine& out);
  Result<Next> act_on(LineSession::Outcome outcome, ReadLine& out);
  Result<void> paint();
  Result<void> leave_line();
  Result<void> open_editor();
  void remember(const std::string& line);

  EditorParts parts_;
  History history_;
  Completer completer_;
  LineSession session_;
  terminal::Keyboard keyboard_;
  terminal::Painter painter_;
  std::unique_ptr<terminal::RawMode> raw_;
  bool attended_ = false;
};

}  // namespace errand::repl
