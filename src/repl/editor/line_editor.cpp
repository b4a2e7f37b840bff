#include "repl/editor/line_editor.hpp"

#include <csignal>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "repl/editor/pasted_image.hpp"

namespace errand::repl {

namespace {

// A terminal that took nothing is asked again so soon whether it does.
constexpr std::chrono::milliseconds paints_again_after{30};
// So long a terminal has to show the rest of an answer when the person leaves.
constexpr std::chrono::milliseconds leaves_after{500};
// Of an answer whose rest is left out, the end is shown: how the run ended.
constexpr std::size_t rows_after_left_out = 3;

}  // namespace

class LineEditor::Watch final : public Attention {
 public:
  explicit Watch(LineEditor& editor) : editor_(editor) {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() override {
    editor_.settle();
    editor_.remember(editor_.session_.text());  // of who leaves beside a run
    editor_.bottom_.wait_for_resized(terminal::Bottom::Waits::no);
    editor_.leave_backlog();
    editor_.attended_ = false;
    static_cast<void>(editor_.bottom_.settle());  // a lost terminal has nothing to show
    editor_.leave_raw();
  }

 private:
  LineEditor& editor_;
};

LineEditor::LineEditor(EditorParts parts)
    : parts_(std::move(parts)),
      own_bottom_(parts_.bottom != nullptr
                      ? nullptr
                      : std::make_unique<terminal::Bottom>(parts_.out_fd, terminal::Size{}, parts_.on_narrowing)),
      bottom_(own_bottom_ ? *own_bottom_ : *parts_.bottom),
      keyboard_(parts_.in_fd, parts_.changes),
      session_(make_session()) {
  keyboard_.hear([this](const terminal::Key& said) { hear(said); });
}

void LineEditor::hear(const terminal::Key& said) const {
  if (terminal::answer_in(said) == terminal::Answer::shown) return bottom_.shown();
  if (parts_.on_said) parts_.on_said(said);
}

LineSession LineEditor::make_session() {
  const auto complete = [this](std::string_view text, std::size_t cursor) {
    return completer_ ? completer_(text, cursor) : Candidates{};
  };
  LineSession out(history_.lines(), complete, parts_.keys);
  out.use_paste_reader(image_word);
  return out;
}

void LineEditor::use_history(HistoryFile file) {
  keeps_history_ = true;
  if (const auto read = history_.open(std::move(file)); !read) parts_.show_error(read.error());
}

void LineEditor::use_keys(Keys keys) {
  const std::lock_guard lock(typing_);
  parts_.keys = keys;
  session_.use_keys(keys);
}

void LineEditor::use_mode_key(ModeKey key) {
  const std::lock_guard lock(typing_);
  mode_key_ = std::move(key);
}

void LineEditor::use_styles(Styles styles) {
  const std::lock_guard lock(typing_);
  parts_.styles = styles;
}

std::unique_ptr<LineReader::Attention> LineEditor::attend() {
  attended_ = true;
  static_cast<void>(enter_raw());  // what can't be had here is missed by who reads next
  if (raw_ && std::exchange(asks_background_, false)) ask_terminal();
  if (asks_place()) bottom_.wait_for_resized(terminal::Bottom::Waits::yes);
  watch();
  return std::make_unique<Watch>(*this);
}

// As long as keys are read here, so is what the terminal answers.
Result<void> LineEditor::enter_raw() {
  ERRAND_TRY_ASSIGN(raw_, terminal::RawMode::enter(parts_.in_fd, parts_.out_fd, parts_.protocols));
  if (attended_) bottom_.pace_by([this] { keyboard_.expect_shown(); });
  return {};
}

// An answer that is still on its way would be typed text to whoever reads next.
void LineEditor::leave_raw() {
  bottom_.pace_by({});
  await_answers();
  raw_.reset();
}

Result<std::optional<terminal::Input>> LineEditor::next_input(const Call& call) {
  auto input = learn_next(call);
  const bool is_key = input && *input && (*input)->kind == terminal::Input::Kind::key;
  if (is_key && parts_.on_key && !is_interrupt((*input)->key)) parts_.on_key();
  return input;
}

// The next thing that is learned; nullopt: it is time to paint what the terminal did not take, or what is not so any
// more.
Result<std::optional<terminal::Input>> LineEditor::learn_next(const Call& call) {
  if (!owes_resize_ && !tells_backlog_ && !bottom_.is_behind()) return keyboard_.next(call);
  auto input = keyboard_.next(call.within(paints_again_after));
  if (input || input.error().kind != ErrorKind::timeout || call.expired()) return input;
  if (owes_resize_ && takes_bytes()) return terminal::Input{.kind = terminal::Input::Kind::resized, .key = {}};
  return std::nullopt;
}

Result<void> LineEditor::lend(const std::function<Result<void>()>& user) {
  stop_watching();
  const bool was_raw = raw_ != nullptr;
  leave_raw();
  auto used = user();
  if (was_raw) {
    ERRAND_TRY(enter_raw());
  }
  watch();
  return used;
}

Result<ReadLine> LineEditor::read(const LineRequest& request, const Call& call) {
  stop_watching();
  const bool was_raw = raw_ != nullptr;
  if (!was_raw) {
    ERRAND_TRY(enter_raw());
  }
  auto line = request.kind == LineKind::prompt ? read_prompt(request, call) : read_answer(request, call);
  tells_backlog_ = false;
  if (!was_raw) leave_raw();
  watch();
  return line;
}

Result<ReadLine> LineEditor::read_answer(const LineRequest& request, const Call& call) {
  auto answer = make_session();
  answer.begin(request);
  auto ahead = typed_ahead(request.kind, call);
  auto line = edit(answer, call);
  keyboard_.put_back(std::move(ahead));
  return line;
}

// What waits comes first. What was typed beside a run and not submitted is what the line begins with.
Result<ReadLine> LineEditor::read_prompt(const LineRequest& request, const Call& call) {
  keyboard_.put_back(std::exchange(aside_, {}));
  if (!request.text.empty() && session_.text().empty()) session_.replace(request.text);
  given_back_ = request.text;
  if (const auto next = queue_.next()) {
    ERRAND_TRY(bottom_.leave_input(rows_left(next->left)));
    return ReadLine{ReadLine::End::submitted, next->text};
  }
  session_.go_on_with(request);
  if (closing_ && session_.text().empty()) return ReadLine{ReadLine::End::closed, {}};
  closing_ = false;
  if (request.start == LineStart::in_editor) ERRAND_TRY(open_editor(session_));
  auto line = edit(session_, call);
  session_.begin(request);
  return line;
}

Result<ReadLine> LineEditor::edit(LineSession& line, const Call& call) {
  ReadLine out;
  while (true) {
    if (!is_stopping_) ERRAND_TRY(paint(line));
    const auto input = next_input(call);
    if (!input) {
      keep_draft(line);
      ERRAND_TRY(leave_line(line));
      if (input.error().kind != ErrorKind::cancelled) return fail(input.error());
      return ReadLine{ReadLine::End::interrupted, line.text()};
    }
    if (!*input) continue;
    is_stopping_ = false;
    ERRAND_TRY_ASSIGN(const auto next, take(**input, line, out, call));
    if (next == Next::done) return out;
  }
}

Result<LineEditor::Next> LineEditor::take(const terminal::Input& input, LineSession& line, ReadLine& out,
                                          const Call& call) {
  switch (input.kind) {
    case terminal::Input::Kind::key:
      notice_.clear();
      return act_on(press(line, input.key), line, out);
    case terminal::Input::Kind::came_back:
      ERRAND_TRY(bottom_.come_back());
      return Next::go_on;
    case terminal::Input::Kind::resized:
      ERRAND_TRY(follow_resize(call));
      return Next::go_on;
    case terminal::Input::Kind::closed:
      keep_draft(line);
      out = {ReadLine::End::closed, line.text()};
      return Next::done;
  }
  return Next::go_on;
}

// Up where nothing is typed is for what waits, and from there on Up and Down go through it.
Outcome LineEditor::press(LineSession& line, const terminal::Key& key) {
  if (line.is_answer()) return line.press(key);
  const auto command = command_of(key, emacs_keys());
  const bool is_blank = text::trim(line.text()).empty();
  if (is_blank) queue_.forget_lent();
  if (queue_.lends() && walk_queue(line, command)) return Outcome::go_on;
  if (command != Command::up || !line.text().empty() || queue_.empty()) return line.press(key);
  line.bring_back(queue_.take_newest()->text);
  return Outcome::go_on;
}

// False: the key is for the line itself.
bool LineEditor::walk_queue(LineSession& line, Command command) {
  const bool older = command == Command::up && line.leaves_by(command);
  const bool newer = command == Command::down && line.leaves_by(command);
  if (!older && !newer) return false;
  auto beside = queue_.take_beside(left_by(line), older ? LineQueue::Toward::older : LineQueue::Toward::newer);
  if (beside)
    line.bring_back(beside->text);
  else if (newer)
    line.replace({});
  return true;
}

Result<LineEditor::Next> LineEditor::act_on(Outcome outcome, LineSession& line, ReadLine& out) {
  using End = ReadLine::End;
  switch (outcome) {
    case Outcome::interrupted:
      if (line.is_answer()) {  // it is the run that is interrupted, and with it this question
        interrupt_run();
        return Next::go_on;
      }
      [[fallthrough]];
    case Outcome::closed:
      if (outcome == Outcome::interrupted && leave_out_waiting("/export writes all of it")) return Next::go_on;
      ERRAND_TRY(leave_line(line));
      out = {outcome == Outcome::closed ? End::closed : End::interrupted, line.text()};
      keep_draft(line);  // also what Ctrl-C cleared: one stray key costs no long prompt
      return Next::done;
    case Outcome::submitted: {
      ERRAND_TRY_ASSIGN(out, submit(line));
      return Next::done;
    }
    case Outcome::open_editor:
      ERRAND_TRY(open_editor(line));
      return Next::go_on;
    case Outcome::next_mode:
      if (mode_key_.between) notice_ = mode_key_.between();
      return Next::go_on;
    case Outcome::left:  // an answer that is none
      ERRAND_TRY(leave_line(line));
      out = {End::submitted, {}};
      return Next::done;
    case Outcome::go_on:
    case Outcome::steer:  // there is no run
    case Outcome::suspend:
    case Outcome::quit:
    case Outcome::clear_screen:
      ERRAND_TRY(act_alike(outcome, rows_left(line.view(LineSession::Looks::left))));
      return Next::go_on;
  }
  return Next::go_on;
}

// What waits was there first, but for a prompt that was given back: it had been asked before that. A command is for the
// chat: it is done at once, and what waits goes on waiting.
Result<ReadLine> LineEditor::submit(const LineSession& line) {
  const auto text = line.text();
  const bool was_first = !given_back_.empty() && text == given_back_;
  if (!line.is_answer() && !was_first && !queue_.empty() && !text::trim(text).empty() && !is_command(text)) {
    queue_.add(submitted());
    queue_.resume();
    const auto first = *queue_.next();
    ERRAND_TRY(bottom_.leave_input(rows_left(first.left)));
    return ReadLine{ReadLine::End::submitted, first.text};
  }
  ERRAND_TRY(leave_line(line));
  if (!line.is_answer()) {
    queue_.forget_lent();
    if (!is_command(text)) queue_.resume();
    remember(text);
  }
  return ReadLine{ReadLine::End::submitted, text};
}

// Of an answer that is longer than a slow terminal has shown so far. False where that is not much.
bool LineEditor::leave_out_waiting(std::string_view hint) {
  const auto waiting = bottom_.waiting_rows();
  if (waiting <= bottom_.size().rows) return false;
  const auto what =
      fmt::format("… {} lines left out{}{}", waiting - rows_after_left_out, hint.empty() ? "" : "; ", hint);
  bottom_.leave_out_waiting(rows_after_left_out, faint_row(what, bottom_.size().columns, parts_.styles));
  return true;
}

// Who leaves waits for no terminal that is slow. One that is not has shown all in a moment.
void LineEditor::leave_backlog() {
  const auto call = Call{}.within(leaves_after);
  while (raw_ && bottom_.is_behind() && call.check()) {
    const auto input = keyboard_.next(call.within(paints_again_after));  // of which the answers alone count
    if (input ? input->kind == terminal::Input::Kind::closed : input.error().kind != ErrorKind::timeout) return;
    if (!bottom_.flush()) return;
  }
  leave_out_waiting(keeps_history_ ? "errand sessions show latest shows all of it" : "");
}

// What is the same for whatever is shown at the bottom, and leaves it there. Of that `left` stays when the shell has
// the terminal.
Result<void> LineEditor::act_alike(Outcome outcome, const std::vector<terminal::Row>& left) {
  if (outcome == Outcome::suspend) {
    ERRAND_TRY(bottom_.leave_input(left));
    ERRAND_TRY(bottom_.settle());
    await_answers();  // which would be typed to the shell
    is_stopping_ = true;
    ::kill(0, SIGTSTP);  // of which we hear as of any other; all is painted anew then
  }
  if (outcome == Outcome::quit) ::kill(::getpid(), SIGQUIT);
  return outcome == Outcome::clear_screen ? bottom_.clear_screen() : Result<void>{};
}

// What waits goes on waiting: whoever cancels has something else in mind.
void LineEditor::interrupt_run() {
  queue_.pause();
  parts_.on_interrupt();
}

terminal::Frame LineEditor::frame(const LineSession& line, LineSession::Looks looks) const {
  const auto columns = bottom_.size().columns;
  auto view = line.view(looks);
  if (view.status.empty()) view.status = notice_;
  auto out = frame_of(view, columns, parts_.styles);
  if (line.is_answer()) return out;
  const auto waiting = queue_.rows(columns, parts_.styles, line.text());
  out.rows.insert(out.rows.begin(), waiting.begin(), waiting.end());
  out.cursor_row += waiting.size();
  return out;
}

std::vector<terminal::Row> LineEditor::rows_left(const View& left) const {
  return frame_of(left, bottom_.size().columns, parts_.styles).rows;
}

Result<void> LineEditor::paint(const LineSession& line) {
  auto shown = frame(line, LineSession::Looks::live);
  const auto waiting = bottom_.waiting_rows();
  tells_backlog_ = !line.is_answer() && waiting > bottom_.size().rows;
  if (tells_backlog_) {
    const auto what = fmt::format("… {} lines to come, Ctrl-C leaves them out", waiting);
    shown.rows.insert(shown.rows.begin(), faint_row(what, bottom_.size().columns, parts_.styles));
    ++shown.cursor_row;
  }
  return bottom_.show_input(std::move(shown), terminal::Bottom::When::always);
}

// What was typed stays, without menu and ghost.
Result<void> LineEditor::leave_line(const LineSession& line) {
  return bottom_.leave_input(rows_left(line.view(LineSession::Looks::left)));
}

Result<void> LineEditor::open_editor(LineSession& line) {
  const auto edited = written_outside(line.text());
  if (!edited) {  // the terminal is gone
    keep_draft(line);
    return fail(edited.error());
  }
  if (*edited) line.replace(**edited);
  return {};
}

// nullopt: there is no such program, or it failed, which was told.
Result<std::optional<std::string>> LineEditor::written_outside(const std::string& text) {
  if (!parts_.edit_outside) return std::nullopt;
  std::optional<std::string> out;
  ERRAND_TRY(with_terminal_lent([&]() -> Result<void> {
    ERRAND_TRY_ASSIGN(out, parts_.edit_outside(text));
    return {};
  }));
  while (out && out->ends_with('\n')) out->pop_back();
  return out;
}

// What goes wrong there is told; only a terminal that does not come back is a failure here.
Result<void> LineEditor::with_terminal_lent(const std::function<Result<void>()>& user) {
  ERRAND_TRY(bottom_.leave_input({}));
  ERRAND_TRY(bottom_.settle());
  leave_raw();
  const auto used = user();
  ERRAND_TRY(enter_raw());
  if (!used) parts_.show_error(used.error());
  return {};
}

// Of a prompt that was not sent, whatever ended it: a terminal that was closed costs it as little as a stray key.
void LineEditor::keep_draft(const LineSession& line) {
  if (!line.is_answer()) remember(line.text());
}

// A history that can't be written is no reason not to go on.
void LineEditor::remember(const std::string& line) {
  if (text::trim(line).empty()) return;
  if (const auto added = history_.add(line); !added) complain(added.error());
}

}  // namespace errand::repl
