#include "repl/editor/line_session.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/unicode.hpp"
#include "repl/editor/history.hpp"

namespace errand::repl {

namespace {

using terminal::Key;
using terminal::KeyCode;

// Of a typed character: what stands for a paste is none.
std::string typed_text(const std::string& text) {
  return fold_at(text) == View::no_line ? text : "\xEF\xBF\xBD";
}

std::size_t characters_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !unicode::is_continuation(c); }));
}

std::size_t lines_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n')) + (text.empty() || text.ends_with('\n') ? 0 : 1);
}

bool is_longer(std::string_view text, std::size_t characters, std::size_t lines) {
  return (text.size() > characters && characters_of(text) > characters) || lines_of(text) > lines;
}

// Nothing may look like what stands for a paste.
std::string without_marks(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const bool is_mark = fold_at(text.substr(at)) != View::no_line;
    out += is_mark ? "\xEF\xBF\xBD" : text.substr(at, 1);
    at += is_mark ? 4 : 1;
  }
  return out;
}

std::string mark_of(const std::string& paste) {
  const auto lines = lines_of(paste);
  return lines > 1 ? fmt::format("[pasted {} lines]", lines)
                   : fmt::format("[pasted {} characters]", characters_of(paste));
}

}  // namespace

void LineSession::begin(const LineRequest& request) {
  request_ = request;
  buffer_.reset({});
  keep_pastes();
  after_prefix_ = false;
  walk_.reset();
  menu_.reset();
  search_.reset();
  vi_ = ViMode::insert;
  pending_ = {};
  vi_keys_.clear();
  argument_.reset();
  if (uses_vi()) buffer_.begin_change();
}

// What changes the text where the cursor is goes on with the change that insert mode is.
bool LineSession::goes_on_inserting(Command command) {
  switch (command) {
    case Command::type:
    case Command::newline:
    case Command::submit:
    case Command::erase_left:
    case Command::erase_right:
    case Command::kill_word_left:
    case Command::kill_space_word_left:
    case Command::complete:
    case Command::complete_back:
      return true;
    default:
      return false;
  }
}

Outcome LineSession::press(const Key& key) {
  const auto table = std::exchange(after_prefix_, false) ? after_prefix_keys() : emacs_keys();
  const auto command = command_of(key, table);
  if (vi_ == ViMode::insert && !vi_keys_.empty()) vi_keys_.push_back(key);  // also those that a menu or a search takes
  if (search_) {
    if (const auto outcome = press_in_search(key, command)) return *outcome;
  }
  if (menu_ && press_in_menu(command)) return Outcome::go_on;
  if (uses_vi()) {
    if (const auto outcome = press_vi(key)) return *outcome;
    if (vi_ == ViMode::insert && !vi_repeats_ && key.code != KeyCode::paste && !goes_on_inserting(command))
      buffer_.begin_change();
  }
  if (key.code == KeyCode::paste) {
    paste(key.text);
    refill_menu();
    return Outcome::go_on;
  }
  const auto outcome = run(command, key);
  if (command == Command::type || command == Command::erase_left) {
    refill_menu();
  } else if (command != Command::complete && command != Command::complete_back) {
    menu_.reset();
  }
  if (uses_vi() && vi_ == ViMode::normal) buffer_.step_off_line_end();
  return outcome;
}

Outcome LineSession::run(Command command, const Key& key) {
  if (const auto outcome = common_outcome(command)) return *outcome;
  switch (command) {
    case Command::type:
      type(key.text);
      return Outcome::go_on;
    case Command::submit:
      return enter();
    case Command::escape:
      return is_answer() ? Outcome::left : Outcome::go_on;
    case Command::search_forward:  // it has nothing to go on with
      return is_answer() ? Outcome::go_on : Outcome::steer;
    case Command::newline:
      if (is_answer()) return Outcome::submitted;
      buffer_.insert_whole("\n");
      return Outcome::go_on;
    case Command::end_of_input:
      return end_of_input();
    case Command::open_editor:
      return !is_answer() ? Outcome::open_editor : Outcome::go_on;
    case Command::up:
      if (!buffer_.up()) older();
      return Outcome::go_on;
    case Command::down:
      if (!buffer_.down()) newer();
      return Outcome::go_on;
    case Command::complete:
      complete();
      return Outcome::go_on;
    case Command::complete_back:  // no menu of candidates is open
      return is_answer() ? Outcome::go_on : Outcome::next_mode;
    case Command::search_back:
      begin_search(SearchEnd::submits);
      return Outcome::go_on;
    case Command::last_argument:
      last_argument();
      return Outcome::go_on;
    case Command::prefix:
      after_prefix_ = true;
      return Outcome::go_on;
    default:
      if (!edit(command)) edit_words(command);
      return Outcome::go_on;
  }
}

// False for a command that is not of these.
bool LineSession::edit(Command command) {
  switch (command) {
    case Command::left:
      buffer_.left();
      return true;
    case Command::right:
      if (!take_ghost()) buffer_.right();
      return true;
    case Command::line_start:
      buffer_.to_line_start();
      return true;
    case Command::line_end:
      if (!take_ghost()) buffer_.to_line_end();
      return true;
    case Command::text_start:
      buffer_.to_start();
      return true;
    case Command::text_end:
      buffer_.to_end();
      return true;
    case Command::erase_left:
      buffer_.erase_left();
      return true;
    case Command::erase_right:
      buffer_.erase_right();
      return true;
    case Command::kill_to_line_end:
      buffer_.kill_to_line_end();
      return true;
    case Command::kill_to_line_start:
      buffer_.kill_to_line_start();
      return true;
    case Command::yank:
      buffer_.yank();
      return true;
    case Command::yank_pop:
      buffer_.yank_pop();
      return true;
    case Command::undo:
      buffer_.undo();
      return true;
    case Command::redo:
      buffer_.redo();
      return true;
    case Command::transpose:
      buffer_.transpose();
      return true;
    default:
      return false;
  }
}

bool LineSession::edit_words(Command command) {
  switch (command) {
    case Command::word_left:
      buffer_.word_left();
      return true;
    case Command::word_right:
      buffer_.word_right();
      return true;
    case Command::kill_word_left:
      buffer_.kill_word_left();
      return true;
    case Command::kill_word_right:
      buffer_.kill_word_right();
      return true;
    case Command::kill_space_word_left:
      buffer_.kill_space_word_left();
      return true;
    case Command::transpose_words:
      buffer_.transpose_words();
      return true;
    case Command::upper_word:
      buffer_.change_word(unicode::LetterCase::upper);
      return true;
    case Command::lower_word:
      buffer_.change_word(unicode::LetterCase::lower);
      return true;
    case Command::capitalize_word:
      buffer_.change_word(unicode::LetterCase::title);
      return true;
    default:
      return false;
  }
}

void LineSession::type(const std::string& text) {
  buffer_.insert(typed_text(text));
}

void LineSession::paste(const std::string& text) {
  if (is_answer()) {
    auto line = text;
    std::ranges::replace(line, '\n', ' ');
    return buffer_.insert_whole(line);
  }
  if (!paste_as_word(text)) buffer_.insert_whole(folded(text));
}

// Of a command it is an argument, which is read as it was pasted.
bool LineSession::paste_as_word(const std::string& text) {
  const auto& typed = buffer_.text();
  if (!paste_reader_ || typed.starts_with('/') || typed.starts_with('!')) return false;
  const auto word = paste_reader_(text);
  if (!word) return false;
  const auto cursor = buffer_.cursor();
  const bool begins_word = cursor == 0 || typed[cursor - 1] == ' ' || typed[cursor - 1] == '\n';
  buffer_.insert_whole((begins_word ? "" : " ") + *word);
  return true;
}

// A long text becomes one mark, its content kept beside; in a short one nothing may look like such a mark.
std::string LineSession::folded(const std::string& text) {
  return is_longer(text, max_open_characters, max_open_lines) ? fold(text) : without_marks(text);
}

std::string LineSession::fold(const std::string& text) {
  pastes_.push_back(text);
  return fold_mark(pastes_.size() - 1);
}

// Of a line from before: the pastes that it had are marks again.
std::string LineSession::folded_again(const std::string& text) {
  auto known = earlier_pastes_;
  known.insert(known.end(), pastes_.begin(), pastes_.end());
  for (auto paste = known.rbegin(); paste != known.rend(); ++paste) {
    const auto at = text.find(*paste);
    if (at == std::string::npos) continue;
    return folded_again(text.substr(0, at)) + fold(*paste) + folded_again(text.substr(at + paste->size()));
  }
  return is_longer(text, max_typed_characters, max_typed_lines) ? fold(text) : without_marks(text);
}

void LineSession::keep_pastes() {
  for (auto& paste : pastes_) {
    if (paste.size() > History::max_entry_bytes || std::ranges::count(earlier_pastes_, paste) > 0) continue;
    earlier_pastes_.push_back(std::move(paste));
  }
  pastes_.clear();
  if (earlier_pastes_.size() > max_earlier_pastes)
    earlier_pastes_.erase(earlier_pastes_.begin(), earlier_pastes_.end() - max_earlier_pastes);
}

Outcome LineSession::enter() {
  const auto cursor = buffer_.cursor();
  const bool continues =
      !is_answer() && cursor > 0 && cursor == buffer_.line_end() && buffer_.text()[cursor - 1] == '\\';
  if (!continues) return Outcome::submitted;
  buffer_.replace_before(cursor - 1, "\n");
  return Outcome::go_on;
}

Outcome LineSession::end_of_input() {
  if (buffer_.text().empty()) return Outcome::closed;
  buffer_.erase_right();
  return Outcome::go_on;
}

std::string LineSession::text() const {
  const std::string_view text = buffer_.text();
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto fold = fold_at(text.substr(at));
    if (fold < pastes_.size()) {
      out += pastes_[fold];
      at += 4;
    } else {
      out += text[at++];
    }
  }
  return out;
}

void LineSession::replace(const std::string& text) {
  const auto open = folded(text);
  buffer_.replace(open, open.size());
}

void LineSession::bring_back(const std::string& text) {
  const auto open = folded_again(text);
  buffer_.replace(open, open.size());
}

bool LineSession::leaves_by(Command command) const {
  if (menu_ || search_ || after_prefix_ || (uses_vi() && vi_ == ViMode::normal)) return false;
  return command == Command::up ? buffer_.on_first_line() : buffer_.on_last_line();
}

View LineSession::view(Looks looks) const {
  View out{.prompt = request_.prompt, .text = buffer_.text(), .cursor = buffer_.cursor()};
  for (const auto& paste : pastes_) out.pastes.push_back(mark_of(paste));
  if (looks == Looks::left) {
    out.cursor = out.text.size();
    return out;
  }
  if (search_)
    out.status = fmt::format("{}search: {}", search_->failed ? "nothing found; " : "", search_->query);
  else if (vi_ == ViMode::normal)
    out.status = "-- normal --";
  else
    out.ghost = ghost();
  if (menu_) {
    out.selected = menu_->selected;
    for (const auto& one : menu_->candidates.all) out.menu.push_back({one.name, one.note});
  }
  return out;
}

}  // namespace errand::repl
