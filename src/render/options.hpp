#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace errand::render {

enum class ColorChoice { automatic, always, never };

/// "auto", "always", "never"; anything else is `usage` with a hint.
Result<ColorChoice> parse_color_choice(std::string_view word);

/// What says whether to colour, beside --color.
struct ColorVariables {
  std::optional<std::string> no_color;        ///< NO_COLOR: https://no-color.org, not empty means no
  std::optional<std::string> clicolor_force;  ///< CLICOLOR_FORCE: not empty and not "0" means yes, terminal or not
  std::optional<std::string> term;            ///< TERM: "dumb" means no
};
ColorVariables color_variables();  ///< of this process

enum class Medium { terminal, pipe };  ///< a file counts as a pipe

/// isatty(fd).
Medium medium_of(int fd);

enum class Color { off, on };

/// --color always and never win, then NO_COLOR, then CLICOLOR_FORCE; otherwise a terminal that is not dumb.
Color decide_color(ColorChoice choice, const ColorVariables& variables, Medium medium);

/// Whether lines may be taken back and drawn again: a terminal that is not dumb.
enum class Motion { off, on };
Motion decide_motion(const ColorVariables& variables, Medium medium);

/// Terminal columns of `fd`; where it does not say, COLUMNS, else 80. At least 20.
std::size_t columns_of(int fd);

enum class Verbosity { quiet, normal, verbose };

enum class Tone { dim, good, bad, warning, strong };

/// `text` between the control sequences of a tone, or as it is.
std::string paint(std::string_view text, Tone tone, Color color);

}  // namespace errand::render
