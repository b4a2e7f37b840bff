#include "repl/editor/edit_buffer.hpp"

#include <algorithm>
#include <utility>

#include "base/unicode.hpp"

namespace errand::repl {

namespace {

using unicode::Category;
using unicode::category_of;
using unicode::next_grapheme;
using unicode::previous_grapheme;

std::size_t width_between(std::string_view text, std::size_t from, std::size_t to) {
  std::size_t out = 0;
  for (auto at = from; at < to;) {
    const auto end = next_grapheme(text, at);
    out += unicode::grapheme_width(text.substr(at, end - at));
    at = end;
  }
  return out;
}

}  // namespace

std::size_t EditBuffer::line_start() const {
  const auto at = cursor_ == 0 ? std::string::npos : text_.rfind('\n', cursor_ - 1);
  return at == std::string::npos ? 0 : at + 1;
}

std::size_t EditBuffer::line_end() const {
  return std::min(text_.find('\n', cursor_), text_.size());
}

void EditBuffer::save() {
  redo_.clear();
  if (change_ == Change::saved) return;
  if (change_ == Change::begun) change_ = Change::saved;
  if (!undo_.empty() && undo_.back().text == text_) return;
  undo_.push_back({text_, cursor_});
  if (undo_.size() > max_undo) undo_.erase(undo_.begin());
}

void EditBuffer::replace(std::string text, std::size_t cursor) {
  save();
  text_ = std::move(text);
  cursor_ = std::min(cursor, text_.size());
  last_ = Last::other;
}

void EditBuffer::reset(std::string text) {
  undo_.clear();
  redo_.clear();
  change_ = Change::none;
  text_ = std::move(text);
  cursor_ = text_.size();
  last_ = Last::other;
}

// A blank after a word begins what the next undo takes back.
void EditBuffer::insert(std::string_view text) {
  const bool after_word =
      cursor_ > 0 && category_of(std::string_view(text_).substr(previous_grapheme(text_, cursor_))) != Category::space;
  const bool begins = category_of(text) == Category::space && after_word;
  if (last_ != Last::typing || begins) save();
  text_.insert(cursor_, text);
  cursor_ += text.size();
  last_ = Last::typing;
}

void EditBuffer::insert_whole(std::string_view text) {
  replace_before(cursor_, text);
}

void EditBuffer::replace_before(std::size_t from, std::string_view text) {
  save();
  text_.replace(from, cursor_ - from, text);
  cursor_ = from + text.size();
  last_ = Last::other;
}

void EditBuffer::move_to(std::size_t at) {
  cursor_ = std::min(at, text_.size());
  last_ = Last::other;
}

void EditBuffer::step_off_line_end() {
  if (cursor_ == line_end() && cursor_ > line_start()) cursor_ = previous_grapheme(text_, cursor_);
}

void EditBuffer::left() {
  move_to(previous_grapheme(text_, cursor_));
}

void EditBuffer::right() {
  move_to(next_grapheme(text_, cursor_));
}

std::size_t EditBuffer::word_left_of(std::size_t at) const {
  const auto before = [&] { return category_of(std::string_view(text_).substr(previous_grapheme(text_, at))); };
  while (at > 0 && before() != Category::word) at = previous_grapheme(text_, at);
  while (at > 0 && before() == Category::word) at = previous_grapheme(text_, at);
  return at;
}

std::size_t EditBuffer::word_right_of(std::size_t at) const {
  const auto here = [&] { return category_of(std::string_view(text_).substr(at)); };
  while (at < text_.size() && here() != Category::word) at = next_grapheme(text_, at);
  while (at < text_.size() && here() == Category::word) at = next_grapheme(text_, at);
  return at;
}

void EditBuffer::word_left() {
  move_to(word_left_of(cursor_));
}

void EditBuffer::word_right() {
  move_to(word_right_of(cursor_));
}

void EditBuffer::word_end() {
  move_to(previous_grapheme(text_, word_right_of(next_grapheme(text_, cursor_))));
}

// To the line that begins at `start`, as near to the wanted column as it goes.
bool EditBuffer::to_other_line(std::size_t start) {
  if (last_ != Last::vertical) wanted_column_ = width_between(text_, line_start(), cursor_);
  std::size_t at = start;
  std::size_t column = 0;
  while (at < text_.size() && text_[at] != '\n') {
    const auto end = next_grapheme(text_, at);
    column += unicode::grapheme_width(std::string_view(text_).substr(at, end - at));
    if (column > wanted_column_) break;
    at = end;
  }
  cursor_ = at;
  last_ = Last::vertical;
  return true;
}

bool EditBuffer::up() {
  const auto start = line_start();
  if (start == 0) return false;
  const auto before = start < 2 ? std::string::npos : text_.rfind('\n', start - 2);
  return to_other_line(before == std::string::npos ? 0 : before + 1);
}

bool EditBuffer::down() {
  const auto end = text_.find('\n', cursor_);
  return end != std::string::npos && to_other_line(end + 1);
}

void EditBuffer::erase(std::size_t from, std::size_t to) {
  if (from >= to) return;
  save();
  text_.erase(from, to - from);
  cursor_ = from;
  last_ = Last::other;
}

void EditBuffer::erase_left() {
  erase(previous_grapheme(text_, cursor_), cursor_);
}

void EditBuffer::erase_right() {
  erase(cursor_, next_grapheme(text_, cursor_));
}

// Kills that follow each other are yanked as one.
void EditBuffer::keep_killed(std::string text, Side side) {
  if (last_ == Last::kill && !kills_.empty()) {
    kills_.back() = side == Side::before ? text + kills_.back() : kills_.back() + text;
    return;
  }
  kills_.push_back(std::move(text));
  if (kills_.size() > max_kills) kills_.erase(kills_.begin());
}

void EditBuffer::cut(std::size_t from, std::size_t to, Side side) {
  if (from >= to) return;
  keep_killed(text_.substr(from, to - from), side);
  erase(from, to);
  last_ = Last::kill;
}

void EditBuffer::kill(std::size_t from, std::size_t to) {
  cut(from, to, Side::after);
}

void EditBuffer::keep(std::string text) {
  last_ = Last::other;
  keep_killed(std::move(text), Side::after);
}

void EditBuffer::copy(std::size_t from, std::size_t to) {
  if (from < to) keep(text_.substr(from, to - from));
}

void EditBuffer::kill_to_line_end() {
  const auto end = line_end();
  cut(cursor_, end == cursor_ ? next_grapheme(text_, cursor_) : end, Side::after);
}

void EditBuffer::kill_to_line_start() {
  const auto start = line_start();
  cut(start == cursor_ ? previous_grapheme(text_, cursor_) : start, cursor_, Side::before);
}

void EditBuffer::kill_word_left() {
  cut(word_left_of(cursor_), cursor_, Side::before);
}

void EditBuffer::kill_word_right() {
  cut(cursor_, word_right_of(cursor_), Side::after);
}

void EditBuffer::kill_space_word_left() {
  auto at = cursor_;
  const auto before = [&] { return category_of(std::string_view(text_).substr(previous_grapheme(text_, at))); };
  while (at > 0 && before() == Category::space) at = previous_grapheme(text_, at);
  while (at > 0 && before() != Category::space) at = previous_grapheme(text_, at);
  cut(at, cursor_, Side::before);
}

void EditBuffer::yank() {
  if (kills_.empty()) return;
  yanked_from_ = cursor_;
  yanked_kill_ = kills_.size() - 1;
  insert_whole(kills_.back());
  last_ = Last::yank;
}

void EditBuffer::yank_pop() {
  if (last_ != Last::yank) return;
  yanked_kill_ = (yanked_kill_ == 0 ? kills_.size() : yanked_kill_) - 1;
  replace_before(yanked_from_, kills_[yanked_kill_]);
  last_ = Last::yank;
}

// The characters around the cursor change places; at a line's end the two before it.
void EditBuffer::transpose() {
  auto at = cursor_;
  if (at == line_end()) at = previous_grapheme(text_, at);
  if (at <= line_start() || at == text_.size()) return;
  const auto begin = previous_grapheme(text_, at);
  const auto end = next_grapheme(text_, at);
  auto swapped = text_;
  swapped.replace(begin, end - begin, text_.substr(at, end - at) + text_.substr(begin, at - begin));
  replace(std::move(swapped), end);
}

void EditBuffer::transpose_words() {
  const auto end = word_right_of(cursor_);
  const auto second = word_left_of(end);
  const auto first = word_left_of(second);
  const auto first_end = word_right_of(first);
  if (first_end > second || second >= end) return;
  auto swapped = text_.substr(0, first) + text_.substr(second, end - second) +
                 text_.substr(first_end, second - first_end) + text_.substr(first, first_end - first) +
                 text_.substr(end);
  replace(std::move(swapped), end);
}

void EditBuffer::change_word(unicode::LetterCase wanted) {
  const auto end = word_right_of(cursor_);
  if (end == cursor_) return;
  const auto changed = unicode::in_case(std::string_view(text_).substr(cursor_, end - cursor_), wanted);
  const auto begin = cursor_;
  replace(text_.substr(0, begin) + changed + text_.substr(end), begin + changed.size());
}

bool EditBuffer::undo() {
  if (!undo_.empty() && undo_.back().text == text_) undo_.pop_back();
  if (undo_.empty()) return false;
  if (change_ == Change::saved) change_ = Change::begun;
  redo_.push_back({std::exchange(text_, undo_.back().text), std::exchange(cursor_, undo_.back().cursor)});
  undo_.pop_back();
  last_ = Last::other;
  return true;
}

bool EditBuffer::redo() {
  if (redo_.empty()) return false;
  if (change_ == Change::saved) change_ = Change::begun;
  undo_.push_back({std::exchange(text_, redo_.back().text), std::exchange(cursor_, redo_.back().cursor)});
  redo_.pop_back();
  last_ = Last::other;
  return true;
}

}  // namespace errand::repl
