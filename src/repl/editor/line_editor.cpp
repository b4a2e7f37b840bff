#include "repl/editor/line_editor.hpp"

#include <csignal>
#include <deque>
#include <utility>

#include <unistd.h>

#include "base/text.hpp"
#include "base/try.hpp"

namespace errand::repl {

class LineEditor::Watch final : public Attention {
 public:
  explicit Watch(LineEditor& editor) : editor_(editor) {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() override {
    editor_.keyboard_.stop_watching();
    editor_.attended_ = false;
    editor_.raw_.reset();
  }

 private:
  LineEditor& editor_;
};

LineEditor::LineEditor(EditorParts parts)
    : parts_(std::move(parts)),
      session_(
          history_.lines(),
          [this](std::string_view text, std::size_t cursor) {
            return completer_ ? completer_(text, cursor) : Candidates{};
          },
          parts_.keys),
      keyboard_(parts_.in_fd, parts_.changes),
      painter_(parts_.out_fd, terminal::size_of(parts_.out_fd), parts_.on_narrowing) {}

void LineEditor::use_history(HistoryFile file) {
  if (const auto read = history_.open(std::move(file)); !read) parts_.show_error(read.error());
}

void LineEditor::watch() {
  if (attended_ && raw_) keyboard_.watch(parts_.on_interrupt);
}

std::unique_ptr<LineReader::Attention> LineEditor::attend() {
  attended_ = true;
  if (auto raw = terminal::RawMode::enter(parts_.in_fd, parts_.out_fd, parts_.protocols)) raw_ = *std::move(raw);
  watch();
  return std::make_unique<Watch>(*this);
}

Result<ReadLine> LineEditor::read(const LineRequest& request, const Call& call) {
  keyboard_.stop_watching();
  const bool was_raw = raw_ != nullptr;
  if (!was_raw) {
    ERRAND_TRY_ASSIGN(raw_, terminal::RawMode::enter(parts_.in_fd, parts_.out_fd, parts_.protocols));
  }
  std::deque<terminal::Key> typed_before;
  if (request.kind != LineKind::prompt) typed_before = keyboard_.take_kept();
  auto line = edit(request, call);
  keyboard_.put_back(std::move(typed_before));
  if (!was_raw) raw_.reset();
  watch();
  return line;
}

Result<ReadLine> LineEditor::edit(const LineRequest& request, const Call& call) {
  ERRAND_TRY(painter_.resize(terminal::size_of(parts_.out_fd)));
  session_.begin(request);
  ReadLine out;
  while (true) {
    ERRAND_TRY(paint());
    const auto input = keyboard_.next(call);
    if (!input) {
      ERRAND_TRY(leave_line());
      if (input.error().kind != ErrorKind::cancelled) return fail(input.error());
      return ReadLine{ReadLine::End::interrupted, session_.text()};
    }
    ERRAND_TRY_ASSIGN(const auto next, take(*input, out));
    if (next == Next::done) return out;
  }
}

Result<LineEditor::Next> LineEditor::take(const terminal::Input& input, ReadLine& out) {
  switch (input.kind) {
    case terminal::Input::Kind::key:
      return act_on(session_.press(input.key), out);
    case terminal::Input::Kind::came_back:
      painter_.forget();
      [[fallthrough]];
    case terminal::Input::Kind::resized:
      ERRAND_TRY(painter_.resize(terminal::size_of(parts_.out_fd)));
      return Next::go_on;
    case terminal::Input::Kind::closed:
      out = {ReadLine::End::closed, session_.text()};
      return Next::done;
  }
  return Next::go_on;
}

Result<LineEditor::Next> LineEditor::act_on(LineSession::Outcome outcome, ReadLine& out) {
  using Outcome = LineSession::Outcome;
  using End = ReadLine::End;
  switch (outcome) {
    case Outcome::go_on:
      return Next::go_on;
    case Outcome::interrupted:
      if (session_.is_answer()) {  // it is the run that is interrupted, and with it this question
        parts_.on_interrupt();
        return Next::go_on;
      }
      [[fallthrough]];
    case Outcome::submitted:
    case Outcome::closed:
      ERRAND_TRY(leave_line());
      out = {outcome == Outcome::submitted ? End::submitted
             : outcome == Outcome::closed  ? End::closed
                                           : End::interrupted,
             session_.text()};
      if (outcome == Outcome::submitted) remember(out.text);
      return Next::done;
    case Outcome::suspend:
      ERRAND_TRY(painter_.leave());
      ::kill(0, SIGTSTP);  // of which we hear as of any other; the line is painted anew then
      return Next::go_on;
    case Outcome::quit:
      ::kill(::getpid(), SIGQUIT);
      return Next::go_on;
    case Outcome::clear_screen:
      ERRAND_TRY(painter_.clear_screen());
      return Next::go_on;
    case Outcome::open_editor:
      ERRAND_TRY(open_editor());
      return Next::go_on;
  }
  return Next::go_on;
}

Result<void> LineEditor::paint() {
  return painter_.paint(frame_of(session_.view(LineSession::Looks::live), painter_.size().columns, parts_.styles));
}

// What was typed stays, without menu and ghost.
Result<void> LineEditor::leave_line() {
  ERRAND_TRY(painter_.paint(frame_of(session_.view(LineSession::Looks::left), painter_.size().columns, parts_.styles)));
  return painter_.leave();
}

Result<void> LineEditor::open_editor() {
  if (!parts_.edit_outside) return {};
  ERRAND_TRY(painter_.clear());
  raw_.reset();
  auto edited = parts_.edit_outside(session_.text());
  ERRAND_TRY_ASSIGN(raw_, terminal::RawMode::enter(parts_.in_fd, parts_.out_fd, parts_.protocols));
  if (!edited) {
    parts_.show_error(edited.error());
    return {};
  }
  while (edited->ends_with('\n')) edited->pop_back();
  session_.replace(*edited);
  return {};
}

// A history that can't be written is no reason not to go on.
void LineEditor::remember(const std::string& line) {
  if (session_.is_answer() || text::trim(line).empty()) return;
  if (const auto added = history_.add(line); !added) parts_.show_error(added.error());
}

}  // namespace errand::repl
