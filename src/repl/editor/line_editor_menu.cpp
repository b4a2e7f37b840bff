// What the editor does for questions: menus, and texts in a program of the person's.

#include <algorithm>
#include <deque>
#include <iterator>
#include <utility>

#include "base/try.hpp"
#include "repl/editor/line_editor.hpp"
#include "repl/editor/menu_session.hpp"

namespace errand::repl {

namespace {

Picked::End end_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::submitted:
      return Picked::End::picked;
    case Outcome::interrupted:
      return Picked::End::interrupted;
    case Outcome::closed:
      return Picked::End::closed;
    default:
      return Picked::End::left;
  }
}

std::vector<terminal::Row> rows_of(const std::vector<std::string>& texts) {
  std::vector<terminal::Row> out;
  for (const auto& text : texts) out.push_back(terminal::row_of(text));
  return out;
}

}  // namespace

Result<Picked> LineEditor::choose(const ChoiceRequest& request, const Call& call) {
  stop_watching();
  const bool was_raw = raw_ != nullptr;
  if (!was_raw) {
    ERRAND_TRY(enter_raw());
  }
  if (request.about && request.kind == LineKind::answer) {  // it is read while nobody may answer yet
    const auto size = bottom_.size();
    ERRAND_TRY(bottom_.show_input(frame_of(request.about(size.columns), size), terminal::Bottom::When::always));
  }
  auto ahead = typed_ahead(request.kind, call);
  auto picked = pick(request, call);
  keyboard_.put_back(std::move(ahead));
  if (!was_raw) leave_raw();
  watch();
  return picked;
}

Result<std::string> LineEditor::edit_outside(const std::string& text) {
  if (!parts_.edit_outside) return fail(ErrorKind::usage, "there is no editor here");
  stop_watching();
  const bool was_raw = raw_ != nullptr;
  leave_raw();
  auto edited = parts_.edit_outside(text);
  if (was_raw) {
    ERRAND_TRY(enter_raw());
  }
  watch();
  return edited;
}

Result<Picked> LineEditor::pick(const ChoiceRequest& request, const Call& call) {
  MenuSession menu(request);
  while (true) {
    const auto size = bottom_.size();
    const auto frame = frame_of(menu.view(size), size, parts_.styles);
    if (!is_stopping_) ERRAND_TRY(bottom_.show_input(frame, terminal::Bottom::When::always));
    const auto learned = next_input(call);
    if (!learned) {
      ERRAND_TRY(leave_menu(menu, Outcome::interrupted));
      if (learned.error().kind != ErrorKind::cancelled) return fail(learned.error());
      return Picked{Picked::End::interrupted, {}, {}};
    }
    if (!*learned) continue;
    const auto& input = **learned;
    is_stopping_ = false;
    if (input.kind == terminal::Input::Kind::closed) return Picked{Picked::End::closed, {}, {}};
    if (input.kind == terminal::Input::Kind::came_back) ERRAND_TRY(bottom_.come_back());
    if (input.kind == terminal::Input::Kind::resized) ERRAND_TRY(follow_resize(call));
    if (input.kind != terminal::Input::Kind::key) continue;
    const auto outcome = menu.press(input.key);
    ERRAND_TRY_ASSIGN(const auto next, act_on_menu(outcome, menu, request.kind));
    if (next == Next::go_on) continue;
    if (outcome == Outcome::submitted && menu.wants_all()) {
      ERRAND_TRY(bottom_.leave_input(rows_of(all_rows(request.about(bottom_.size().columns)))));
      menu.go_on_below();
      continue;
    }
    ERRAND_TRY(leave_menu(menu, outcome));
    return outcome == Outcome::submitted ? menu.picked() : Picked{end_of(outcome), {}, {}};
  }
}

Result<LineEditor::Next> LineEditor::act_on_menu(Outcome outcome, const MenuSession& menu, LineKind kind) {
  switch (outcome) {
    case Outcome::interrupted:
      if (kind == LineKind::prompt) return Next::done;
      interrupt_run();  // and with it this question
      return Next::go_on;
    case Outcome::submitted:
    case Outcome::left:
    case Outcome::closed:
      return Next::done;
    case Outcome::go_on:
    case Outcome::steer:
    case Outcome::next_mode:
    case Outcome::open_editor:
    case Outcome::suspend:
    case Outcome::quit:
    case Outcome::clear_screen:
      ERRAND_TRY(act_alike(outcome, rows_about(menu)));
      return Next::go_on;
  }
  return Next::done;
}

std::vector<terminal::Row> LineEditor::rows_about(const MenuSession& menu) const {
  const auto columns = bottom_.size().columns;
  return rows_of(rows_in(menu.about(columns), rows_that_stay, columns));
}

// What it was about stays, and one line that tells what was asked and picked; the list goes.
Result<void> LineEditor::leave_menu(const MenuSession& menu, Outcome outcome) {
  auto rows = rows_about(menu);
  std::ranges::move(rows_left(menu.left_behind(outcome)), std::back_inserter(rows));
  return bottom_.leave_input(rows);
}

}  // namespace errand::repl
