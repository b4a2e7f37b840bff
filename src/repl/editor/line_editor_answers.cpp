// What the editor asks the terminal, and how it waits for the answers: the background, and after a resize the place of
// the cursor.

#include <algorithm>
#include <utility>

#include <poll.h>

#include "base/fd.hpp"
#include "base/try.hpp"
#include "repl/editor/line_editor.hpp"
#include "terminal/background.hpp"

namespace errand::repl {

namespace {

// A terminal that has not answered by then won't.
constexpr std::chrono::seconds answers_within{2};
// What is waited at the end for an answer that is still on its way: else the shell would take it for typed text.
constexpr std::chrono::milliseconds last_wait{200};
// The same where it has answered before.
constexpr std::chrono::milliseconds last_wait_for_known{1500};
// All terminals tell where their cursor is; over a slow link it takes its time. One that has never done so after a few
// questions is asked no more.
constexpr std::chrono::milliseconds place_within{1000};
constexpr int max_unanswered = 3;
constexpr int max_questions = 50;
// A window that is dragged is left alone when its size has been the same for so long. tmux tells of a size 250 ms late
// when it has told of another just before: what is painted meanwhile would meet a screen that is narrower already.
constexpr std::chrono::milliseconds calm_after{300};
constexpr std::chrono::seconds longest_unrest{5};

}  // namespace

// What goes on in between has the terminal as it is: a window that has changed meanwhile is heard of first.
void LineEditor::settle() {
  stop_watching();
  if (!attended_ || !raw_ || bottom_.knows_size()) return;
  if (!follow_resize(Call{}.within(place_within))) return;  // a lost terminal shows at the next read
}

void LineEditor::ask_terminal() {
  if (!write_all(parts_.out_fd, terminal::ask_background)) return;  // a lost terminal shows at the next read
  keyboard_.expect(terminal::Answer::background);
  asked_ = Call::Clock::now();
}

// What is typed meanwhile was typed to us, and what changes is heard of after.
void LineEditor::await_answers() {
  using Kind = terminal::Input::Kind;
  const bool is_recent = Call::Clock::now() - asked_ <= answers_within;
  if (!raw_ || (!is_recent && !keyboard_.expects(terminal::Answer::shown))) return;
  const auto call = Call{}.within(bottom_.awaits_shown() ? last_wait_for_known : last_wait);
  std::deque<terminal::Key> typed;
  bool resized = false;
  bool came_back = false;
  for (const auto answer : {terminal::Answer::background, terminal::Answer::place, terminal::Answer::shown}) {
    while (true) {
      auto input = keyboard_.next_before(answer, call);
      if (!input || !*input || (*input)->kind == Kind::closed) break;
      resized = resized || (*input)->kind == Kind::resized;
      came_back = came_back || (*input)->kind == Kind::came_back;
      if ((*input)->kind == Kind::key) typed.push_back(std::move((*input)->key));
    }
  }
  keyboard_.put_back(std::move(typed));
  if (resized) parts_.changes.tell_resized();
  if (came_back) parts_.changes.tell_came_back();
}

bool LineEditor::takes_bytes() const {
  pollfd writable{parts_.out_fd, POLLOUT, 0};
  return ::poll(&writable, 1, 0) != 0;
}

bool LineEditor::asks_place() const {
  return keyboard_.place() || unanswered_ < max_unanswered;
}

// What is on its way to the terminal was painted for the old size. Once it tells its cursor's place it has shown all of
// it, and where the rows are is known. One that takes no bytes is asked once it does: whoever types does not wait for
// it.
Result<void> LineEditor::follow_resize(const Call& call) {
  using terminal::Bottom;
  owes_resize_ = !takes_bytes();
  bottom_.hear_of_resize();
  if (owes_resize_) return {};
  asked_ = Call::Clock::now();
  const auto told = raw_ ? ask_place(call) : Told::nothing;
  const auto round_trip = Call::Clock::now() - asked_;
  if (attended_) bottom_.wait_for_resized(asks_place() ? Bottom::Waits::yes : Bottom::Waits::no);
  owes_resize_ = told == Told::gave_up || !takes_bytes();
  if (owes_resize_) return {};
  const auto place = told == Told::place ? keyboard_.place() : std::nullopt;
  return bottom_.resized(place ? std::optional(place->column) : std::nullopt, round_trip);
}

// Once the window is left alone. What is typed meanwhile is taken after.
LineEditor::Told LineEditor::ask_place(const Call& call) {
  Meanwhile meanwhile{.typed = {}, .resized = true};
  auto told = Told::place;
  for (int asked = 0; asked < max_questions && told == Told::place && std::exchange(meanwhile.resized, false);
       ++asked) {
    told = Told::gave_up;
    if (!await_calm(meanwhile, call) || !takes_bytes()) break;
    asked_ = Call::Clock::now();
    told = Told::nothing;
    if (!asks_place()) break;
    if (!write_all(parts_.out_fd, terminal::ask_place)) break;  // a lost terminal shows at the next read
    keyboard_.expect(terminal::Answer::place);
    told = await_place(meanwhile, call);
    if (told == Told::nothing) ++unanswered_;
  }
  keyboard_.put_back(std::move(meanwhile.typed));
  if (meanwhile.resized) parts_.changes.tell_resized();
  return told;
}

// Ctrl-C, a stop and the end of the terminal don't wait: the question is asked again after.
void LineEditor::take_meanwhile(terminal::Input input, Meanwhile& meanwhile, terminal::Changes& changes) {
  using Kind = terminal::Input::Kind;
  if (input.kind == Kind::resized) meanwhile.resized = true;
  if (input.kind == Kind::came_back) changes.tell_came_back();
  meanwhile.ended = input.kind == Kind::came_back || input.kind == Kind::closed ||
                    (input.kind == Kind::key && is_interrupt(input.key));
  if (input.kind == Kind::key) meanwhile.typed.push_back(std::move(input.key));
}

LineEditor::Told LineEditor::await_place(Meanwhile& meanwhile, const Call& call) {
  const auto patience = call.within(place_within);
  while (true) {
    auto input = keyboard_.next_before(terminal::Answer::place, patience);
    if (!input) return input.error().kind == ErrorKind::timeout && call.check() ? Told::nothing : Told::gave_up;
    if (!*input) return Told::place;
    take_meanwhile(**std::move(input), meanwhile, parts_.changes);
    if (meanwhile.ended) return Told::gave_up;
  }
}

// False when something came that does not wait. A window that never comes to rest is followed all the same.
bool LineEditor::await_calm(Meanwhile& meanwhile, const Call& call) {
  const auto begun = Call::Clock::now();
  auto calm_at = begun + calm_after;
  while (Call::Clock::now() - begun < longest_unrest) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(calm_at - Call::Clock::now());
    auto input = keyboard_.next(call.within(std::max(left, std::chrono::milliseconds{0})));
    if (!input) return input.error().kind == ErrorKind::timeout && call.check().has_value();
    if (input->kind == terminal::Input::Kind::resized) calm_at = Call::Clock::now() + calm_after;
    take_meanwhile(*std::move(input), meanwhile, parts_.changes);
    if (meanwhile.ended) return false;
    meanwhile.resized = false;  // which is what is waited for
  }
  return true;
}

}  // namespace errand::repl
