#pragma once

#include <optional>
#include <string_view>

#include "terminal/key.hpp"

namespace errand::terminal {

enum class Shade { dark, light };

/// Asks for the background's colour: xterm's OSC 11 (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html).
/// Terminals that don't know it pass over it.
inline constexpr std::string_view ask_background = "\x1b]11;?\x1b\\";

/// What an answer to it says ("]11;rgb:1e1e/1e1e/1e1e"); nullopt: the reply is another.
[[nodiscard]] std::optional<Shade> background_in(const Key& reply);

/// What COLORFGBG says ("15;0", "0;default;15"), as rxvt, Konsole and others set it; nullopt: nothing.
[[nodiscard]] std::optional<Shade> background_in(std::string_view colorfgbg);

}  // namespace errand::terminal
