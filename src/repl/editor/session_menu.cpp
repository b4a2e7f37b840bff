// The menu of completions.

#include <algorithm>

#include "base/unicode.hpp"
#include "repl/editor/line_session.hpp"

namespace errand::repl {

namespace {

// What all candidates begin with, in whole characters.
std::string common_beginning(const std::vector<Candidate>& all) {
  std::string out = all.front().text;
  for (const auto& one : all) {
    const auto [end, ignored] = std::ranges::mismatch(out, one.text);
    out.resize(static_cast<std::size_t>(end - out.begin()));
  }
  return out.substr(0, unicode::char_border_before(all.front().text, out.size()));
}

}  // namespace

void LineSession::complete() {
  if (is_answer() || !completer_) return;
  auto found = completer_(buffer_.text(), buffer_.cursor());
  if (found.all.empty()) return;
  if (found.all.size() == 1) return take_candidate((menu_ = Menu{found, 0})->candidates.all.front());
  const auto beginning = common_beginning(found.all);
  if (beginning.size() > buffer_.cursor() - found.from &&
      beginning.starts_with(std::string_view(buffer_.text()).substr(found.from, buffer_.cursor() - found.from))) {
    buffer_.replace_before(found.from, beginning);
  }
  menu_ = Menu{std::move(found), 0};
}

// The menu follows what is typed, and closes when nothing fits any more.
void LineSession::refill_menu() {
  if (!menu_) return;
  menu_->candidates = completer_(buffer_.text(), buffer_.cursor());
  menu_->selected = 0;
  if (menu_->candidates.all.empty()) menu_.reset();
}

void LineSession::take_candidate(const Candidate& candidate) {
  const auto text = candidate.text;
  buffer_.replace_before(menu_->candidates.from, text);
  menu_.reset();
}

// False: the key is not for the menu.
bool LineSession::press_in_menu(Command command) {
  const auto count = menu_->candidates.all.size();
  switch (command) {
    case Command::complete:
    case Command::down:
      menu_->selected = (menu_->selected + 1) % count;
      return true;
    case Command::complete_back:
    case Command::up:
      menu_->selected = (menu_->selected + count - 1) % count;
      return true;
    case Command::submit:
      take_candidate(menu_->candidates.all[menu_->selected]);
      return true;
    case Command::escape:
      menu_.reset();
      return true;
    default:
      return false;
  }
}

}  // namespace errand::repl
