#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "repl/editor/edit_buffer.hpp"
#include "repl/editor/keymap.hpp"
#include "repl/editor/outcome.hpp"
#include "repl/editor/vi_motions.hpp"
#include "repl/editor/view.hpp"
#include "repl/line_reader.hpp"
#include "terminal/key.hpp"

namespace errand::repl {

/// What can stand in the place of what was typed.
struct Candidate {
  std::string text;  ///< replaces it; ends with a blank where a word is complete
  std::string name;  ///< in the menu
  std::string note;  ///< what it is
};

/// The candidates for the text from `from` to the cursor, best first.
struct Candidates {
  std::size_t from = 0;
  std::vector<Candidate> all;
};
using Completer = std::function<Candidates(std::string_view text, std::size_t cursor)>;

/// What stands in a prompt for what is pasted; nullopt: it stands there itself.
using PasteReader = std::function<std::optional<std::string>(const std::string& pasted)>;

/// Which table of keys the editor begins a line with.
enum class Keys { emacs, vi };

/// What keys make of a line: text, menus and searches. It knows no terminal: keys in, a view out.
class LineSession {
 public:
  /// Pastes with more characters or lines are folded to a mark.
  static constexpr std::size_t max_open_characters = 1000;
  static constexpr std::size_t max_open_lines = 10;
  /// Nobody types so much: of what was typed in another chat nothing tells what was pasted.
  static constexpr std::size_t max_typed_characters = 8000;
  static constexpr std::size_t max_typed_lines = 100;
  /// Pastes of earlier lines that are remembered, each no longer than a line that is kept.
  static constexpr std::size_t max_earlier_pastes = 50;

  /// `history` is borrowed, oldest first.
  LineSession(const std::vector<std::string>& history, Completer completer, Keys keys)
      : history_(history), completer_(std::move(completer)), keys_(keys) {}

  void use_paste_reader(PasteReader reader) { paste_reader_ = std::move(reader); }

  /// From the next line on.
  void use_keys(Keys keys) { keys_ = keys; }
  [[nodiscard]] Keys keys() const { return keys_; }

  /// Another line, empty.
  void begin(const LineRequest& request);
  /// The same line, asked for in another way.
  void go_on_with(const LineRequest& request) { request_ = request; }

  Outcome press(const terminal::Key& key);

  [[nodiscard]] bool is_answer() const { return request_.kind != LineKind::prompt; }

  /// All that was typed, folded pastes whole.
  [[nodiscard]] std::string text() const;
  /// Other text, which undo goes back from.
  void replace(const std::string& text);
  /// The same of a text that was typed here before: of it only what was pasted is folded, or what nobody types.
  void bring_back(const std::string& text);

  /// Whether Up or Down has nowhere to go within the text, nor in a menu, a search or vi's commands.
  [[nodiscard]] bool leaves_by(Command command) const;

  enum class Looks { live, left };
  /// What to show: with ghost, menu and search, or as it stays behind once it is submitted.
  [[nodiscard]] View view(Looks looks) const;

 private:
  enum class ViMode { insert, normal };
  /// What Enter does in a search: sends what was found, or leaves it in the line, as vi's / does.
  enum class SearchEnd { submits, stays };
  enum class Direction { older, newer };
  struct Search {
    SearchEnd end = SearchEnd::submits;
    std::string query;
    std::size_t at = 0;  ///< of history_; its size: nothing is found yet
    bool failed = false;
    std::string before;  ///< what was typed when it began
    std::size_t cursor_before = 0;
  };
  struct Walk {
    std::size_t at = 0;  ///< of history_; its size is the draft
    std::string prefix;
    std::string draft;
    std::string shown;  ///< the buffer when it stood there: any edit ends the walk
  };
  /// What Alt-. has put in.
  struct Argument {
    std::size_t at = 0;    ///< of history_
    std::size_t from = 0;  ///< of the buffer
    std::string shown;     ///< the buffer since then
  };
  struct Menu {
    Candidates candidates;
    std::size_t selected = 0;
  };
  /// What was begun of a vi command.
  struct Pending {
    std::size_t count = 0;
    char op = 0;               ///< an operator that waits for its motion
    std::size_t op_count = 0;  ///< what stood before it
    char wants = 0;            ///< a key that waits for a character
    [[nodiscard]] bool is_idle() const { return count == 0 && op == 0 && wants == 0; }
    [[nodiscard]] std::size_t times() const {
      return std::max<std::size_t>(count, 1) * std::max<std::size_t>(op_count, 1);
    }
  };
  struct ViTarget {
    std::size_t at = 0;
    bool takes_it = false;  ///< an operator takes the character there too
  };

  [[nodiscard]] bool uses_vi() const { return keys_ == Keys::vi && !is_answer(); }
  [[nodiscard]] static bool goes_on_inserting(Command command);
  Outcome run(Command command, const terminal::Key& key);
  bool edit(Command command);
  bool edit_words(Command command);
  void type(const std::string& text);
  void paste(const std::string& text);
  bool paste_as_word(const std::string& text);
  Outcome enter();
  Outcome end_of_input();
  void older();
  void newer();
  bool walk_to(std::size_t at);
  void begin_walk();
  [[nodiscard]] std::string ghost() const;
  bool take_ghost();
  [[nodiscard]] std::string folded(const std::string& text);
  [[nodiscard]] std::string folded_again(const std::string& text);
  [[nodiscard]] std::string fold(const std::string& text);
  void keep_pastes();

  void complete();
  void refill_menu();
  void take_candidate(const Candidate& candidate);
  bool press_in_menu(Command command);

  void begin_search(SearchEnd end);
  void end_search();
  void search_again(Direction direction);
  void last_argument();
  std::optional<Outcome> press_in_search(const terminal::Key& key, Command command);
  void search_from(std::size_t end);
  void search_newer();

  std::optional<Outcome> press_vi(const terminal::Key& key);
  void end_vi_command();
  void press_vi_character(const std::string& text);
  void vi_with_second(char first, const std::string& second);
  void vi_command(char letter, std::size_t count);
  bool vi_insert_command(char letter);
  bool vi_short_command(char letter, std::size_t count);
  void vi_insert();
  void vi_repeat(std::size_t count);
  void vi_operate(char op, char motion, std::size_t count);
  void vi_operate_on(char op, std::size_t from, std::size_t to);
  void vi_operate_on_lines(char op, char motion, std::size_t count);
  [[nodiscard]] std::optional<ViSpan> vi_lines(char op, char motion, std::size_t count) const;
  void vi_put(char letter, std::size_t count);
  void vi_put_lines(char letter, std::size_t count);
  void vi_change_characters(std::size_t count, const std::function<std::string(const std::string&)>& changed);
  void vi_replace(const std::string& character, std::size_t count);
  void vi_toggle_case(std::size_t count);
  [[nodiscard]] std::size_t vi_end_of_words(char motion, std::size_t count) const;
  [[nodiscard]] std::optional<ViTarget> vi_motion(char motion, std::size_t count) const;
  [[nodiscard]] std::optional<ViTarget> vi_search_target(char motion, std::size_t count) const;

  const std::vector<std::string>& history_;
  Completer completer_;
  PasteReader paste_reader_;
  Keys keys_;
  LineRequest request_;
  EditBuffer buffer_;
  std::vector<std::string> pastes_;
  std::vector<std::string> earlier_pastes_;  // of lines before, the newest last
  bool after_prefix_ = false;
  std::optional<Walk> walk_;
  std::optional<Menu> menu_;
  std::optional<Search> search_;
  Search last_search_;
  std::optional<Argument> argument_;
  ViMode vi_ = ViMode::insert;
  Pending pending_;
  ViSearch vi_search_;                    // the last, for ; and ,
  std::vector<terminal::Key> vi_keys_;    // of the command that goes on
  std::string vi_before_;                 // the text when it began
  std::vector<terminal::Key> vi_change_;  // the last that changed the text, for .
  bool vi_repeats_ = false;               // that one is pressed again
};

}  // namespace errand::repl
