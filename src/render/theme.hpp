#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "render/options.hpp"

namespace errand::render {

/// What a piece of text is; the theme says how that looks.
enum class Style : std::uint8_t {
  text,
  heading,
  code,  ///< in a line of text
  keyword,
  string,
  comment,
  number,
  link,
  quote,  ///< the bar beside it
  bullet,
  rule,  ///< horizontal lines, a table's too
  dim,
  added,
  removed,
  hunk,  ///< "@@ -1,3 +1,4 @@"
  good,
  bad,
  warning,
};
constexpr std::size_t style_count = static_cast<std::size_t>(Style::warning) + 1;

/// How many colours a terminal has.
enum class ColorDepth { none, ansi16, ansi256, truecolor };

enum class Background { dark, light };

/// What of a terminal's colours is used, and what they stand on.
struct Palette {
  ColorDepth most = ColorDepth::truecolor;  ///< no more than the terminal has, in any case
  Background background = Background::dark;
};

/// What says which terminal this is.
struct TerminalVariables {
  std::optional<std::string> term;                ///< TERM
  std::optional<std::string> colorterm;           ///< COLORTERM: "truecolor" or "24bit"
  std::optional<std::string> term_program;        ///< TERM_PROGRAM
  std::optional<std::string> vte_version;         ///< VTE_VERSION: GNOME's terminal library, 5000 for 0.50
  std::optional<std::string> wt_session;          ///< WT_SESSION: Windows Terminal
  std::optional<std::string> konsole_version;     ///< KONSOLE_VERSION
  std::optional<std::string> inside_multiplexer;  ///< TMUX or STY
};
TerminalVariables terminal_variables();  ///< of this process

/// The colours to use where `color` says that there are any.
ColorDepth decide_depth(Color color, const TerminalVariables& variables);

/// Whether OSC 8 makes a link: only terminals that are known to. Others may show the bytes.
enum class Hyperlinks { off, on };
Hyperlinks decide_hyperlinks(Motion motion, const TerminalVariables& variables);

/// Attributes beside the colour, as bits.
namespace mark {
constexpr std::uint8_t bold = 1;
constexpr std::uint8_t italic = 2;
constexpr std::uint8_t strike = 4;
constexpr std::uint8_t underline = 8;
}  // namespace mark

/// Control sequences for each style.
class Theme {
 public:
  Theme() = default;  ///< without colours
  Theme(ColorDepth depth, Background background);

  [[nodiscard]] ColorDepth depth() const { return depth_; }
  /// Whether attributes and colours are written at all.
  [[nodiscard]] bool paints() const { return depth_ != ColorDepth::none; }
  /// The sequence that begins `style` with `marks`, from a state without any; empty where nothing is to be set.
  [[nodiscard]] std::string begin(Style style, std::uint8_t marks = 0) const;
  /// `text` in this style.
  [[nodiscard]] std::string paint(std::string_view text, Style style, std::uint8_t marks = 0) const;

 private:
  ColorDepth depth_ = ColorDepth::none;
  Background background_ = Background::dark;
};

/// Ends what begin() began.
constexpr std::string_view style_end = "\x1b[0m";

}  // namespace errand::render
