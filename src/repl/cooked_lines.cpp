#include "repl/cooked_lines.hpp"

#include <chrono>
#include <utility>

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/try.hpp"
#include "repl/cooked_terminal.hpp"

namespace errand::repl {

namespace {

// What is there by then of a line that has no end.
constexpr std::chrono::milliseconds unfinished_limit{50};

}  // namespace

Result<ReadLine> CookedLines::read(const LineRequest& request, const Call& call) {
  if (request.start == LineStart::in_editor && edit_outside_) {
    ERRAND_TRY_ASSIGN(auto text, edit_outside_({}));
    while (text.ends_with('\n')) text.pop_back();
    return ReadLine{ReadLine::End::submitted, std::move(text)};
  }
  if (request.kind == LineKind::answer) set_aside_typed_ahead();
  if (request.kind == LineKind::prompt && !aside_.empty()) {
    auto line = std::move(aside_.front());
    aside_.pop_front();
    ERRAND_TRY(write_all(out_, request.prompt + line + "\n"));
    return ReadLine{ReadLine::End::submitted, std::move(line)};
  }
  if (!attended_) return next_line(request, call);
  set_typed_ahead(in_fd_, TypedAhead::lost);  // Ctrl-C clears what is typed now
  auto line = next_line(request, call);
  set_typed_ahead(in_fd_, TypedAhead::kept);
  return line;
}

Result<ReadLine> CookedLines::next_line(const LineRequest& request, const Call& call) {
  std::optional<PromptAfterStop> after_stop;
  if (changes_ != nullptr) after_stop.emplace(*changes_, out_, request.prompt);
  ERRAND_TRY(write_all(out_, request.prompt));
  auto line = in_.next(call);
  if (!line && line.error().kind != ErrorKind::cancelled) return fail(line.error());
  if (line && *line) return ReadLine{ReadLine::End::submitted, **std::move(line)};
  if (request.kind == LineKind::prompt) ERRAND_TRY(write_all(out_, "\n"));  // "^C" was echoed, or nothing
  return ReadLine{line ? ReadLine::End::closed : ReadLine::End::interrupted, {}};
}

// What was typed before a question is no answer to it, nor is the beginning of one. A terminal is readable when it has
// a whole line, and gives one at a time.
void CookedLines::set_aside_typed_ahead() {
  if (::isatty(in_fd_) == 0) return in_.drop_pending();
  pollfd readable{in_fd_, POLLIN, 0};
  while (::poll(&readable, 1, 0) > 0) {
    auto line = in_.next(Call{}.within(unfinished_limit));
    if (!line) break;    // the beginning of a line, by Ctrl-D
    if (!*line) return;  // the end, which who reads next meets again
    aside_.push_back(**std::move(line));
  }
  in_.drop_pending();
  ::tcflush(in_fd_, TCIFLUSH);  // the beginning of a line is none of an answer
}

std::unique_ptr<LineReader::Attention> CookedLines::attend() {
  if (::isatty(in_fd_) == 0 || typed_ahead_on(in_fd_) == TypedAhead::kept) return std::make_unique<Attention>();
  attended_ = true;
  return std::make_unique<KeptTypedAhead>(in_fd_);
}

}  // namespace errand::repl
