#pragma once

#include <span>

#include "terminal/key.hpp"

namespace errand::repl {

/// What a key asks the editor to do.
enum class Command {
  none,
  type,  ///< the key's own text
  submit,
  newline,
  interrupt,
  end_of_input,  ///< on an empty line; else as erase_right
  suspend,
  quit,  ///< as Ctrl-\ on any terminal
  left,
  right,
  word_left,
  word_right,
  line_start,
  line_end,
  text_start,
  text_end,
  up,
  down,
  erase_left,
  erase_right,
  kill_to_line_end,
  kill_to_line_start,
  kill_word_left,
  kill_word_right,
  kill_space_word_left,
  yank,
  yank_pop,
  undo,
  redo,
  transpose,
  transpose_words,
  upper_word,
  lower_word,
  capitalize_word,
  clear_screen,
  open_editor,
  search_back,
  search_forward,
  last_argument,
  complete,
  complete_back,
  escape,
  prefix,  ///< Ctrl-X: the next key is of another table
};

struct Binding {
  terminal::KeyCode code;
  terminal::Modifiers with;
  char letter;  ///< of KeyCode::text
  Command command;
};

/// The keys of emacs and readline, those after Ctrl-X, and what is alike in every table.
std::span<const Binding> emacs_keys();
std::span<const Binding> after_prefix_keys();

/// What `key` means in `table`; a character that nobody took is typed.
[[nodiscard]] Command command_of(const terminal::Key& key, std::span<const Binding> table);

/// Ctrl-C, in every table.
[[nodiscard]] bool is_interrupt(const terminal::Key& key);

}  // namespace errand::repl
