#pragma once

#include <cstdint>
#include <string>

namespace errand::terminal {

enum class KeyCode {
  text,  ///< `text` is one character; with Ctrl its lower-case letter
  enter,
  tab,
  backspace,
  escape,
  up,
  down,
  left,
  right,
  home,
  end,
  page_up,
  page_down,
  insert,
  remove,    ///< the Delete key
  function,  ///< F1 … F20: `number`
  paste,     ///< `text` is all that was pasted, harmless: line ends are "\n", other control bytes are marks
  focus_in,
  focus_out,
  reply,  ///< what the terminal answers to a question: `text` is the sequence, without its ESC
};

/// Held down with a key, as bits.
struct Modifiers {
  bool shift = false;
  bool alt = false;
  bool ctrl = false;
  bool operator==(const Modifiers&) const = default;
};

/// One thing a terminal said: a key, a paste, or an answer.
struct Key {
  KeyCode code = KeyCode::text;
  Modifiers with;
  std::string text;
  int number = 0;
  bool operator==(const Key&) const = default;
};

}  // namespace errand::terminal
