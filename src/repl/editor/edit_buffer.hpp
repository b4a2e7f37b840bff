#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/graphemes.hpp"

namespace errand::repl {

/// Text being edited: several lines, a cursor between graphemes, what was killed and what can be undone. Pure.
/// Positions are bytes on grapheme borders. Motions and edits at an end do nothing.
class EditBuffer {
 public:
  /// States that undo() can go back to, and texts that yank() remembers.
  static constexpr std::size_t max_undo = 500;
  static constexpr std::size_t max_kills = 30;

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::size_t cursor() const { return cursor_; }
  [[nodiscard]] bool at_end() const { return cursor_ == text_.size(); }
  [[nodiscard]] bool on_first_line() const { return line_start() == 0; }
  [[nodiscard]] bool on_last_line() const { return text_.find('\n', cursor_) == std::string::npos; }
  [[nodiscard]] std::size_t line_start() const;
  [[nodiscard]] std::size_t line_end() const;

  /// Another text, which undo() goes back from.
  void replace(std::string text, std::size_t cursor);
  /// Another text and nothing to undo; what was killed stays.
  void reset(std::string text);

  /// Typing: one undo() takes back a word of it.
  void insert(std::string_view text);
  /// A paste or completion: one undo() takes back all of it.
  void insert_whole(std::string_view text);
  /// `from` to the cursor becomes `text`.
  void replace_before(std::size_t from, std::string_view text);

  void left();
  void right();
  void word_left();
  void word_right();
  void word_end();  ///< vi's `e`: onto the last character of a word
  void to_line_start() { move_to(line_start()); }
  void to_line_end() { move_to(line_end()); }
  void to_start() { move_to(0); }
  void to_end() { move_to(text_.size()); }
  void move_to(std::size_t at);
  /// Off the end of a line that is not empty, as vi has it; up() and down() keep the column that they had.
  void step_off_line_end();
  /// Within the text, keeping the column; false on the first or last line.
  bool up();
  bool down();

  void erase_left();
  void erase_right();
  void erase(std::size_t from, std::size_t to);  ///< not kept for yank()

  void kill(std::size_t from, std::size_t to);
  void keep(std::string text);                  ///< for yank(), by itself
  void copy(std::size_t from, std::size_t to);  ///< kept for yank(), and stays
  void kill_to_line_end();                      ///< at a line's end the line end itself
  void kill_to_line_start();
  void kill_word_left();
  void kill_word_right();
  void kill_space_word_left();  ///< back to white space, as Ctrl-W does
  void yank();
  void yank_pop();  ///< right after yank(): the text killed before that one
  [[nodiscard]] const std::vector<std::string>& kills() const { return kills_; }

  void transpose();
  void transpose_words();
  void change_word(unicode::LetterCase wanted);

  /// Until end_change(), or the next one begins, undo() takes back all of it at once, as it does in vi.
  void begin_change() { change_ = Change::begun; }
  void end_change() { change_ = Change::none; }
  bool undo();
  bool redo();

 private:
  struct State {
    std::string text;
    std::size_t cursor = 0;
  };
  enum class Last { other, typing, kill, yank, vertical };
  enum class Side { before, after };
  enum class Change { none, begun, saved };

  void save();
  void keep_killed(std::string text, Side side);
  [[nodiscard]] std::size_t word_left_of(std::size_t at) const;
  [[nodiscard]] std::size_t word_right_of(std::size_t at) const;
  void cut(std::size_t from, std::size_t to, Side side);
  bool to_other_line(std::size_t start);

  std::string text_;
  std::size_t cursor_ = 0;
  Last last_ = Last::other;
  std::size_t wanted_column_ = 0;
  std::size_t yanked_from_ = 0;
  std::size_t yanked_kill_ = 0;
  std::vector<std::string> kills_;  // newest last
  std::vector<State> undo_;
  std::vector<State> redo_;
  Change change_ = Change::none;
};

}  // namespace errand::repl
