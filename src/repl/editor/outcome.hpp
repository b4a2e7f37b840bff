#pragma once

#include <optional>

#include "repl/editor/keymap.hpp"

namespace errand::repl {

/// What a key leads to that a line or a menu can't do by itself.
enum class Outcome {
  go_on,
  submitted,  ///< of a menu: picked
  left,       ///< a menu, without a pick
  steer,
  next_mode,  ///< of permissions
  interrupted,
  closed,
  suspend,
  quit,
  clear_screen,
  open_editor,
};

/// Of commands that lead to the same wherever they are given; nullopt for others.
[[nodiscard]] constexpr std::optional<Outcome> common_outcome(Command command) {
  switch (command) {
    case Command::interrupt:
      return Outcome::interrupted;
    case Command::suspend:
      return Outcome::suspend;
    case Command::quit:
      return Outcome::quit;
    case Command::clear_screen:
      return Outcome::clear_screen;
    default:
      return std::nullopt;
  }
}

}  // namespace errand::repl
