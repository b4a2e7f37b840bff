// What the editor does while a run works: a thread takes the keys, and what is typed stands below what the run shows.

#include <csignal>
#include <iterator>
#include <utility>

#include <unistd.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "repl/editor/line_editor.hpp"

namespace errand::repl {

namespace {

// Not the prompt of a line that is read: it is not the run's turn to be asked.
const LineRequest beside_run = {.kind = LineKind::prompt, .prompt = "+ "};
constexpr std::string_view prompt = "> ";

// Who has typed nothing for so long is not in the middle of a line.
constexpr std::chrono::milliseconds quiet{400};

void append(std::deque<terminal::Key>& to, std::deque<terminal::Key> keys) {
  to.insert(to.end(), std::make_move_iterator(keys.begin()), std::make_move_iterator(keys.end()));
}

}  // namespace

void LineEditor::watch() {
  if (!attended_ || !raw_ || watcher_.joinable()) return;
  append(aside_, keyboard_.take_kept());
  session_.go_on_with(beside_run);
  if (!paint_beside()) return;  // a lost terminal shows at the next read
  watcher_ = std::jthread([this](const std::stop_token& stop) { keep_typing({.stop = stop}); });
}

void LineEditor::stop_watching() {
  if (!watcher_.joinable()) return;
  watcher_.request_stop();
  watcher_.join();
  give_back_after_stop();
}

// It is who reads next that hears of the return from a stop.
void LineEditor::give_back_after_stop() {
  if (std::exchange(stopped_, false) && !bottom_.release()) return;  // a lost terminal shows at the next read
}

// What goes wrong here is met again by who reads next.
void LineEditor::keep_typing(const Call& call) {
  while (true) {
    const auto input = next_input(call);
    if (!input || (*input && (*input)->kind == terminal::Input::Kind::closed)) return;
    if (*input && !follow(**input, call)) return;
    const std::lock_guard lock(typing_);
    if (*input ? !take_beside(**input) : !paint_beside()) return;
  }
}

// Whoever is typing when a question comes has not seen it: until they pause, keys go where they would have gone. Gives
// those that are for who reads next. What goes wrong here is met again by who reads the answer.
std::deque<terminal::Key> LineEditor::typed_ahead(LineKind kind, const Call& call) {
  auto ahead = std::exchange(aside_, {});
  if (!attended_ || kind != LineKind::answer) append(ahead, keyboard_.take_kept());
  while (kind == LineKind::answer) {
    const auto input = keyboard_.next_unless_quiet(quiet, call);
    if (!input || !*input || (*input)->kind == terminal::Input::Kind::closed) break;
    if (!take_ahead(**input, ahead, call)) break;
  }
  give_back_after_stop();
  return ahead;
}

Result<void> LineEditor::take_ahead(const terminal::Input& input, std::deque<terminal::Key>& ahead, const Call& call) {
  if (attended_) {
    ERRAND_TRY(follow(input, call));
    const std::lock_guard lock(typing_);
    return take_beside(input);
  }
  if (input.kind == terminal::Input::Kind::came_back) return bottom_.come_back();
  if (input.kind != terminal::Input::Kind::key) return {};
  if (is_interrupt(input.key))
    parts_.on_interrupt();
  else
    ahead.push_back(input.key);
  return {};
}

// Before anything is locked: the terminal may take its time, for which a run must not wait.
Result<void> LineEditor::follow(const terminal::Input& input, const Call& call) {
  return input.kind == terminal::Input::Kind::resized ? follow_resize(call) : Result<void>{};
}

Result<void> LineEditor::take_beside(const terminal::Input& input) {
  if (input.kind == terminal::Input::Kind::key) ERRAND_TRY(press_beside(input.key));
  if (input.kind == terminal::Input::Kind::came_back) {
    ERRAND_TRY(bottom_.come_back());
    if (std::exchange(stopped_, false)) ERRAND_TRY(bottom_.release());
  }
  if (input.kind != terminal::Input::Kind::key && parts_.on_resize) parts_.on_resize();
  return paint_beside();
}

Result<void> LineEditor::press_beside(const terminal::Key& key) {
  notice_.clear();
  if (!is_interrupt(key)) return act_beside(press(session_, key));
  interrupt_run();
  return {};
}

Result<void> LineEditor::act_beside(Outcome outcome) {
  switch (outcome) {
    case Outcome::submitted:
      return enqueue();
    case Outcome::steer:
      return steer();
    case Outcome::closed:
      closing_ = !closing_;
      notice_ = closing_ ? "leaves once the run has ended; Ctrl-D again: stays, Ctrl-C twice: leaves now" : "stays";
      return {};
    case Outcome::next_mode:
      if (mode_key_.beside_run) notice_ = mode_key_.beside_run();
      return {};
    case Outcome::suspend:
      return stop_process();
    case Outcome::open_editor:
      return edit_beside();
    case Outcome::go_on:
    case Outcome::left:
    case Outcome::interrupted:
    case Outcome::quit:
    case Outcome::clear_screen:
      return act_alike(outcome, {});
  }
  return {};
}

// What was said so far stays, above what the shell says; what is typed comes back with the terminal. Nothing is painted
// until then.
Result<void> LineEditor::stop_process() {
  if (!std::exchange(stopped_, true)) {
    ERRAND_TRY(bottom_.hold_with_what_is_whole());
    await_answers();  // which would be typed to the shell
  }
  ::kill(0, SIGTSTP);  // of which we hear as of any other
  return {};
}

// The run goes on, and takes what was given to it; what it says meanwhile is shown after. Commands write past us:
// beside those there is no editor.
Result<void> LineEditor::edit_beside() {
  if (!bottom_.shows_run()) return {};
  ERRAND_TRY(bottom_.hold());
  const auto text = session_.text();
  typing_.unlock();
  const auto edited = written_outside(text);
  typing_.lock();
  if (edited && *edited) session_.replace(**edited);
  ERRAND_TRY(bottom_.release());
  return edited ? Result<void>{} : fail(edited.error());
}

// Looks in the scrollback as any other prompt.
LineQueue::Line LineEditor::left_by(const LineSession& line) {
  LineQueue::Line out{line.text(), line.view(LineSession::Looks::left)};
  out.left.prompt = prompt;
  return out;
}

LineQueue::Line LineEditor::submitted() {
  auto out = left_by(session_);
  session_.begin(beside_run);
  remember(out.text);
  return out;
}

Result<void> LineEditor::enqueue() {
  ERRAND_TRY_ASSIGN(const bool is_answered, answer_beside());
  if (is_answered) return {};
  queue_.resume();
  if (!text::trim(session_.text()).empty()) queue_.add(submitted());
  return {};
}

// False: it is none that could be answered now. Only the thread that takes keys changes the line.
Result<bool> LineEditor::answer_beside() {
  if (!answer_ || !is_command(session_.text())) return false;
  const auto answer = answer_;
  const auto text = session_.text();
  typing_.unlock();
  auto answered = answer(text);
  typing_.lock();
  if (answered && !*answered) return false;
  if (answered && (*answered)->show && !bottom_.shows_run()) return false;  // it has just ended
  for (const auto& row : rows_left(submitted().left)) bottom_.print(row.text);
  queue_.forget_lent();
  if (!answered) {
    complain(answered.error());
    return true;
  }
  bottom_.print((*answered)->said);
  if ((*answered)->show) ERRAND_TRY(show_beside((*answered)->show));
  return true;
}

// What the run says meanwhile is shown after.
Result<void> LineEditor::show_beside(const std::function<Result<void>()>& user) {
  ERRAND_TRY(bottom_.hold());
  typing_.unlock();
  const auto shown = with_terminal_lent(user);
  typing_.lock();
  ERRAND_TRY(bottom_.release());
  return shown;
}

Result<void> LineEditor::steer() {
  const auto text = session_.text();
  if (text::trim(text).empty()) return {};
  if (!steer_ || is_command(text)) return enqueue();
  const auto given = steer_(text);
  if (!given) {
    complain(given.error());
    return {};
  }
  if (!*given) return enqueue();
  queue_.steer(submitted());
  queue_.forget_lent();
  return {};
}

void LineEditor::complain(const Error& error) {
  if (!bottom_.hold()) return;  // a lost terminal shows at the next read
  parts_.show_error(error);
  if (!bottom_.release()) return;
}

Result<void> LineEditor::paint_beside() {
  return bottom_.show_input(frame(session_, LineSession::Looks::live), terminal::Bottom::When::beside_run);
}

void LineEditor::steer_with(Steer steer) {
  const std::lock_guard lock(typing_);
  steer_ = std::move(steer);
}

void LineEditor::answer_with(Answer answer) {
  const std::lock_guard lock(typing_);
  answer_ = std::move(answer);
}

void LineEditor::steered() {
  const std::lock_guard lock(typing_);
  const auto line = queue_.take_steered();
  if (!line) return;
  for (const auto& row : rows_left(line->left)) bottom_.print(row.text);
  if (!paint_beside()) return;  // a lost terminal shows at the next read
}

void LineEditor::steer_no_more() {
  const std::lock_guard lock(typing_);
  queue_.steer_no_more();
}

void LineEditor::pause() {
  const std::lock_guard lock(typing_);
  queue_.pause();
}

}  // namespace errand::repl
