#include "repl/editor/menu_session.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.hpp"
#include "base/unicode.hpp"

namespace errand::repl {

namespace {

using terminal::Key;
using terminal::KeyCode;

constexpr auto none = ChoiceRequest::none;
constexpr std::size_t max_digit = 9;

// A digit without anything held down: 1 … 9; else 0.
std::size_t digit_of(const Key& key) {
  const bool is_digit = key.code == KeyCode::text && key.with == terminal::Modifiers{} && key.text.size() == 1 &&
                        key.text.front() >= '1' && key.text.front() <= '9';
  return is_digit ? static_cast<std::size_t>(key.text.front() - '0') : 0;
}

}  // namespace

MenuSession::MenuSession(const ChoiceRequest& request) : request_(request) {
  shown_ = fitting_choices(request_, "");
  if (request_.shows_all != none) shown_.pop_back();
  if (request_.selected < shown_.size()) place_ = request_.selected;
}

std::size_t MenuSession::selected_choice() const {
  return place_ < shown_.size() ? shown_[place_] : none;
}

Outcome MenuSession::press(const Key& key) {
  if (key.code == KeyCode::paste) {
    auto line = key.text;
    std::ranges::replace(line, '\n', ' ');
    typed_.insert_whole(line);
    typed_anew();
    return Outcome::go_on;
  }
  if (const auto digit = digit_of(key); digit > 0 && !filters() && !wording_ && typed_.text().empty() &&
                                        request_.digits == ChoiceRequest::Digits::pick &&
                                        request_.choices.size() <= max_digit && digit <= shown_.size())
    return press_digit(digit - 1);
  return run(command_of(key, emacs_keys()), key);
}

Outcome MenuSession::run(Command command, const Key& key) {
  if (const auto outcome = common_outcome(command)) return *outcome;
  switch (command) {
    case Command::submit:
    case Command::newline:
      return enter();
    case Command::escape:
      return escape();
    case Command::end_of_input:
      if (typed_.text().empty()) return Outcome::closed;
      typed_.erase_right();
      typed_anew();
      return Outcome::go_on;
    default:
      if (!move(command, key)) edit(command, key);
      return Outcome::go_on;
  }
}

// False for a key that is not for moving in the list.
bool MenuSession::move(Command command, const Key& key) {
  if (wording_) return false;
  const auto last = shown_.empty() ? 0 : shown_.size() - 1;
  if (key.code == KeyCode::home || command == Command::text_start)
    move_to(0);
  else if (key.code == KeyCode::end || command == Command::text_end)
    move_to(last);
  else if (key.code == KeyCode::page_up)
    move_to(place_ == none || place_ < page ? 0 : place_ - page);
  else if (key.code == KeyCode::page_down)
    move_to(place_ == none ? 0 : std::min(place_ + page, last));
  else if (command == Command::up || command == Command::complete_back)
    move_to(place_ == none || place_ == 0 ? last : place_ - 1);
  else if (command == Command::down || command == Command::complete)
    move_to(place_ == none || place_ == last ? 0 : place_ + 1);
  else
    return false;
  return true;
}

// An answer that was begun gives way to what is selected by moving: the screen never says two things.
void MenuSession::move_to(std::size_t place) {
  after_comma_ = false;
  notice_.clear();
  if (shown_.empty()) return;
  if (!filters()) typed_.reset({});
  place_ = std::min(place, shown_.size() - 1);
}

bool MenuSession::edit(Command command, const Key& key) {
  switch (command) {
    case Command::type:
      if (typed_.text().empty() && !wording_ && press_between_marks(key)) return true;
      typed_.insert(key.text);
      break;
    case Command::erase_left:
      typed_.erase_left();
      break;
    case Command::erase_right:
      typed_.erase_right();
      break;
    case Command::kill_to_line_start:
      typed_.kill_to_line_start();
      break;
    case Command::kill_to_line_end:
      typed_.kill_to_line_end();
      break;
    case Command::kill_space_word_left:
    case Command::kill_word_left:
      typed_.kill_space_word_left();
      break;
    case Command::left:
      typed_.left();
      return true;
    case Command::right:
      typed_.right();
      return true;
    case Command::line_start:
      typed_.to_line_start();
      return true;
    case Command::line_end:
      typed_.to_line_end();
      return true;
    default:
      return false;
  }
  typed_anew();
  return true;
}

// Before anything is typed a blank marks what is selected; in "1, 2" it parts what digits mark, as the comma does.
bool MenuSession::press_between_marks(const Key& key) {
  const bool is_blank = key.text == " ";
  const bool is_comma = key.text == "," && takes_several() && !marked_.empty();
  if (!is_blank && !is_comma) return false;
  const bool parts = std::exchange(after_comma_, is_comma);
  if (is_blank && !parts && takes_several() && place_ != none) mark(selected_choice());
  return true;
}

// The selection follows what is typed.
void MenuSession::typed_anew() {
  after_comma_ = false;
  notice_.clear();
  if (wording_) return;
  const auto& typed = typed_.text();
  if (filters()) {
    shown_ = fitting_choices(request_, typed);
    place_ = typed.empty() && request_.selected < shown_.size() ? request_.selected : 0;
    if (shown_.empty()) place_ = none;
    return;
  }
  place_ = typed.empty() ? request_.selected : place_of_typed();
}

// Of several the last; words that are no choice's name stand for themselves.
std::size_t MenuSession::place_of_typed() const {
  if (!why_no_answer(request_, typed_.text()).empty()) return none;
  const auto answer = answer_in(request_, typed_.text());
  if (!answer || !answer->own_words.empty()) return request_.own_words;
  return answer->choices.back();
}

// What shows all is done, and is no answer.
void MenuSession::mark(std::size_t choice) {
  notice_.clear();
  if (choice == request_.shows_all) return;
  if (!marked_.erase(choice)) marked_.insert(choice);
}

Outcome MenuSession::press_digit(std::size_t choice) {
  move_to(choice);
  if (!takes_several() || choice == request_.shows_all) return enter();
  mark(choice);
  return Outcome::go_on;
}

// What speaks against what Enter would pick.
std::string MenuSession::why_not() const {
  const auto& typed = typed_.text();
  const bool is_blank = text::trim(typed).empty();
  if (wording_) return is_blank ? "nothing is typed yet; Esc goes back" : why_no_words(typed);
  if (filters()) return {};
  if (!is_blank) return why_no_answer(request_, typed);
  const bool marks_nothing = takes_several() && marked_.empty() && selected_choice() != request_.own_words;
  return marks_nothing ? "nothing is marked: Space marks, Esc gives no answer" : std::string();
}

// Own words that were picked and not typed come next.
bool MenuSession::ask_for_words(const std::optional<Picked>& answer) {
  if (wording_ || request_.own_words == none) return false;
  const auto& choices = answer ? answer->choices : std::vector<std::size_t>();
  const auto is_own = [&](std::size_t choice) { return choice == request_.own_words; };
  const bool named = std::ranges::any_of(choices, is_own) && answer->own_words.empty();
  const bool picked =
      !answer && (marked_.contains(request_.own_words) || (marked_.empty() && is_own(selected_choice())));
  if (!named && !picked) return false;
  if (takes_several()) std::ranges::copy(choices, std::inserter(marked_, marked_.end()));
  typed_.reset({});
  wording_ = true;
  return true;
}

Outcome MenuSession::enter() {
  if (selects_all()) return Outcome::submitted;
  notice_ = why_not();
  if (!notice_.empty()) return Outcome::go_on;
  const bool has_none = selected_choice() == none && marked_.empty();
  if (filters()) return has_none ? Outcome::go_on : Outcome::submitted;
  const bool is_blank = text::trim(typed_.text()).empty();
  if (is_blank && has_none) return Outcome::go_on;
  if (ask_for_words(is_blank ? std::nullopt : answer_in(request_, typed_.text()))) return Outcome::go_on;
  return !is_blank && place_ == none && marked_.empty() && !wording_ ? Outcome::go_on : Outcome::submitted;
}

// Back to the choices, where own words were asked for.
Outcome MenuSession::escape() {
  if (typed_.text().empty() && !wording_) return Outcome::left;
  if (typed_.text().empty()) {
    wording_ = false;
    marked_.erase(request_.own_words);
    move_to(request_.own_words);
    return Outcome::go_on;
  }
  typed_.reset({});
  typed_anew();
  return Outcome::go_on;
}

// By moving, whatever is marked: the marks stay.
bool MenuSession::selects_all() const {
  return request_.shows_all != none && !wording_ && typed_.text().empty() && selected_choice() == request_.shows_all;
}

bool MenuSession::wants_all() const {
  if (selects_all()) return true;
  const auto all = picked().choices;
  return request_.shows_all != none && std::ranges::find(all, request_.shows_all) != all.end();
}

void MenuSession::go_on_below() {
  is_below_all_ = true;
  typed_.reset({});
  typed_anew();
}

// Marks say what is meant; what is selected counts where there are none, or where it was typed.
Picked MenuSession::picked() const {
  if (wording_) {
    Picked out{Picked::End::picked, {marked_.begin(), marked_.end()}, std::string(text::trim(typed_.text()))};
    if (!marked_.contains(request_.own_words)) out.choices.push_back(request_.own_words);
    std::ranges::sort(out.choices);
    return out;
  }
  Picked out{Picked::End::picked, {marked_.begin(), marked_.end()}, {}};
  if (!filters() && !typed_.text().empty()) {
    if (const auto answer = answer_in(request_, typed_.text())) {
      std::ranges::copy_if(answer->choices, std::back_inserter(out.choices),
                           [&](std::size_t choice) { return !marked_.contains(choice); });
      out.own_words = answer->own_words;
    }
  }
  if (out.choices.empty()) out.choices.push_back(selected_choice());  // else Enter would have done nothing
  std::ranges::sort(out.choices);
  return out;
}

const std::string& MenuSession::preview_of(std::size_t choice) {
  const auto known = previews_.find(choice);
  if (known != previews_.end()) return known->second;
  return previews_.emplace(choice, request_.preview(choice)).first->second;
}

// Its letter, else its number; in a list that is searched neither is one.
std::string MenuSession::key_of(std::size_t choice) const {
  if (filters()) return {};
  if (const auto& word = request_.choices[choice].word; !word.empty()) return word.substr(0, 1);
  return request_.choices.size() <= max_digit ? std::to_string(choice + 1) : std::string();
}

Subject MenuSession::about(std::size_t columns) const {
  if (!request_.about) return {};
  auto out = request_.about(columns);
  return is_below_all_ ? shown_above(out, columns) : out;
}

// What shows all stands last, where there is more than is seen.
void MenuSession::offer_all(std::size_t rows, std::size_t room) {
  if (request_.shows_all == none) return;
  const bool is_offered = shown_.back() == request_.shows_all;
  const bool is_due = is_below_all_ || rows > room;
  if (is_due && !is_offered) shown_.push_back(request_.shows_all);
  if (is_due || !is_offered) return;
  shown_.pop_back();
  if (place_ == shown_.size()) place_ = none;
}

MenuView MenuSession::view(terminal::Size size) {
  MenuView out{.about = request_.about ? request_.about(size.columns) : Subject(),
               .title = wording_ ? request_.own_title : request_.title,
               .typed = typed_.text(),
               .cursor = typed_.cursor(),
               .items = {},
               .selected = View::no_line,
               .preview = {},
               .hint = wording_ ? "Enter sends it, Esc goes back" : request_.hint,
               .notice = notice_};
  offer_all(row_count(out.about), room_above(request_.choices.size() + 1, size));
  out.is_line = wording_;
  if (wording_) return out;
  out.selected = place_;
  for (const auto one : shown_) {
    auto mark = MenuItem::Mark::none;
    if (takes_several() && one != request_.shows_all)
      mark = marked_.contains(one) ? MenuItem::Mark::set : MenuItem::Mark::unset;
    out.items.push_back({request_.choices[one].text, request_.choices[one].note, mark, key_of(one)});
  }
  if (request_.preview && place_ != none) out.preview = preview_of(selected_choice());
  return out;
}

View MenuSession::left_behind(Outcome outcome) const {
  View out{.prompt = request_.title, .text = typed_.text()};
  if (outcome == Outcome::submitted) {
    const auto all = picked();
    std::vector<std::string> texts;
    for (const auto one : all.choices) {
      const bool own = one == request_.own_words && !all.own_words.empty();
      texts.push_back(own ? all.own_words : request_.choices[one].text);
    }
    out.text = text::join(texts, ", ");
  } else if (outcome == Outcome::left && out.text.empty()) {
    out.text = request_.left;
  }
  std::ranges::replace(out.text, '\n', ' ');
  out.cursor = out.text.size();
  return out;
}

}  // namespace errand::repl
