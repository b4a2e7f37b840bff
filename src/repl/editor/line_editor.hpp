#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "repl/editor/history.hpp"
#include "repl/editor/line_queue.hpp"
#include "repl/editor/line_session.hpp"
#include "repl/editor/menu_session.hpp"
#include "repl/line_reader.hpp"
#include "terminal/bottom.hpp"
#include "terminal/keyboard.hpp"
#include "terminal/raw_mode.hpp"

namespace errand::repl {

/// What the editor works with. Descriptors, changes and bottom are borrowed.
struct EditorParts {
  int in_fd = 0;
  int out_fd = 2;
  terminal::Changes& changes;
  terminal::Protocols protocols = terminal::Protocols::keys;
  terminal::OnNarrowing on_narrowing = terminal::OnNarrowing::wraps;
  terminal::Bottom* bottom = nullptr;  ///< who paints, also what a run shows; without one the editor makes its own
  Styles styles = Styles::basic;
  Keys keys = Keys::emacs;
  std::function<void()> on_interrupt;  ///< Ctrl-C beside a run or at its question; counted as SIGINT. On any thread
  std::function<void()> on_key = {};   ///< any other key, whoever reads; called on whichever thread does
  std::function<void()> on_resize;     ///< another size beside a run; called on another thread
  /// Lets the person edit the text in a program of theirs; the terminal is as it was before.
  std::function<Result<std::string>(const std::string& text)> edit_outside;
  std::function<void(const Error&)> show_error;
  /// Told what the terminal says that is no key: focus, answers. Called on whichever thread reads; may be empty.
  std::function<void(const terminal::Key&)> on_said = {};
};

/// The editor on a terminal. A line is painted in place and stays in the scrollback once it is submitted. As long as
/// somebody attends it, keys are taken beside whatever goes on: lines that are submitted then wait, and are seen to.
class LineEditor final : public LineReader {
 public:
  explicit LineEditor(EditorParts parts);
  ~LineEditor() override { stop_watching(); }

  Result<ReadLine> read(const LineRequest& request, const Call& call) override;
  Result<Picked> choose(const ChoiceRequest& request, const Call& call) override;
  [[nodiscard]] bool shows_pick() const override { return true; }
  Result<std::string> edit_outside(const std::string& text) override;
  void settle() override;
  std::unique_ptr<Attention> attend() override;

  void steer_with(Steer steer) override;
  void answer_with(Answer answer) override;
  void steered() override;
  void steer_no_more() override;
  void pause() override;

  /// From now on submitted prompts are kept there and found again; without, they are while the editor lives.
  void use_history(HistoryFile file);
  void use_completer(Completer completer) { completer_ = std::move(completer); }
  void use_keys(Keys keys);
  [[nodiscard]] Keys keys() const { return parts_.keys; }
  void use_styles(Styles styles);

  /// What Shift-Tab does, between runs and beside one; both return a line to show below what is typed until the next
  /// key. The other is called on another thread.
  struct ModeKey {
    std::function<std::string()> between{};
    std::function<std::string()> beside_run{};
  };
  void use_mode_key(ModeKey key);

  /// Asks the terminal for its background once attend() has it. The answer comes when it comes, to `on_said`.
  void ask_background() { asks_background_ = true; }

  /// Gives the terminal back for as long as `user` takes, which may read it.
  Result<void> lend(const std::function<Result<void>()>& user);

 private:
  class Watch;
  enum class Next { go_on, done };

  [[nodiscard]] LineSession make_session();
  Result<ReadLine> read_prompt(const LineRequest& request, const Call& call);
  Result<ReadLine> read_answer(const LineRequest& request, const Call& call);
  Result<ReadLine> edit(LineSession& line, const Call& call);
  Result<Next> take(const terminal::Input& input, LineSession& line, ReadLine& out, const Call& call);
  Result<Next> act_on(Outcome outcome, LineSession& line, ReadLine& out);
  Result<void> act_alike(Outcome outcome, const std::vector<terminal::Row>& left);
  Result<ReadLine> submit(const LineSession& line);
  bool leave_out_waiting(std::string_view hint);
  void leave_backlog();
  void interrupt_run();
  Outcome press(LineSession& line, const terminal::Key& key);
  bool walk_queue(LineSession& line, Command command);
  [[nodiscard]] terminal::Frame frame(const LineSession& line, LineSession::Looks looks) const;
  [[nodiscard]] std::vector<terminal::Row> rows_left(const View& left) const;
  Result<void> paint(const LineSession& line);
  Result<void> leave_line(const LineSession& line);
  Result<void> open_editor(LineSession& line);
  Result<std::optional<std::string>> written_outside(const std::string& text);
  Result<void> with_terminal_lent(const std::function<Result<void>()>& user);

  // Menus: line_editor_menu.cpp.
  Result<Picked> pick(const ChoiceRequest& request, const Call& call);
  Result<Next> act_on_menu(Outcome outcome, const MenuSession& menu, LineKind kind);
  [[nodiscard]] std::vector<terminal::Row> rows_about(const MenuSession& menu) const;
  Result<void> leave_menu(const MenuSession& menu, Outcome outcome);

  void keep_draft(const LineSession& line);
  void remember(const std::string& line);
  void ask_terminal();
  void await_answers();
  Result<void> enter_raw();
  void leave_raw();
  void hear(const terminal::Key& said) const;
  Result<std::optional<terminal::Input>> next_input(const Call& call);
  Result<std::optional<terminal::Input>> learn_next(const Call& call);
  Result<void> follow_resize(const Call& call);
  enum class Told { place, nothing, gave_up };
  /// What came while a place was waited for.
  struct Meanwhile {
    std::deque<terminal::Key> typed;
    bool resized = false;
    bool ended = false;  ///< by something that does not wait
  };
  static void take_meanwhile(terminal::Input input, Meanwhile& meanwhile, terminal::Changes& changes);
  Told ask_place(const Call& call);
  Told await_place(Meanwhile& meanwhile, const Call& call);
  bool await_calm(Meanwhile& meanwhile, const Call& call);
  [[nodiscard]] bool asks_place() const;
  [[nodiscard]] bool takes_bytes() const;

  // Beside a run: line_editor_beside.cpp.
  void watch();
  void stop_watching();
  void keep_typing(const Call& call);
  Result<void> follow(const terminal::Input& input, const Call& call);
  Result<void> take_beside(const terminal::Input& input);
  Result<void> press_beside(const terminal::Key& key);
  Result<void> act_beside(Outcome outcome);
  Result<void> edit_beside();
  Result<void> stop_process();
  void give_back_after_stop();
  [[nodiscard]] static LineQueue::Line left_by(const LineSession& line);
  [[nodiscard]] LineQueue::Line submitted();
  Result<void> enqueue();
  Result<void> steer();
  Result<bool> answer_beside();
  Result<void> show_beside(const std::function<Result<void>()>& user);
  void complain(const Error& error);
  Result<void> paint_beside();
  [[nodiscard]] std::deque<terminal::Key> typed_ahead(LineKind kind, const Call& call);
  Result<void> take_ahead(const terminal::Input& input, std::deque<terminal::Key>& ahead, const Call& call);

  EditorParts parts_;
  History history_;
  Completer completer_;
  std::unique_ptr<terminal::Bottom> own_bottom_;
  terminal::Bottom& bottom_;
  terminal::Keyboard keyboard_;
  std::unique_ptr<terminal::RawMode> raw_;
  bool attended_ = false;
  bool asks_background_ = false;
  bool keeps_history_ = false;  // and so the sessions are
  bool tells_backlog_ = false;  // what is painted counts rows that are to come: it is soon not so any more
  bool is_stopping_ = false;    // the terminal is the shell's at any moment: nothing is painted into it
  ModeKey mode_key_;
  std::string notice_;        // below the line, until the next key
  int unanswered_ = 0;        // questions for the cursor's place
  bool owes_resize_ = false;  // a new size was heard of while the terminal took no bytes
  Call::Clock::time_point asked_{};

  std::mutex typing_;  // of what is below, while the watcher runs; else it is the reader's alone
  LineSession session_;
  LineQueue queue_;
  Steer steer_;
  Answer answer_;
  bool closing_ = false;             // Ctrl-D was pressed beside a run: the chat ends with it
  bool stopped_ = false;             // Ctrl-Z was, and the terminal is the shell's
  std::string given_back_;           // what the prompt began with
  std::deque<terminal::Key> aside_;  // typed before the watcher began, for who reads next
  std::jthread watcher_;             // owns the keyboard while it runs
};

}  // namespace errand::repl
