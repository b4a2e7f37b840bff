#include "render/theme.hpp"

#include <charconv>
#include <cstdlib>

#include <fmt/format.h>

namespace errand::render {

namespace {

struct Rgb {
  std::uint8_t red, green, blue;
};

// A colour in each depth; SGR numbers for 16 colours, which the terminal's own palette makes readable.
struct Ink {
  std::string_view ansi16;  // "" leaves the terminal's
  std::uint8_t ansi256;     // 0: the terminal's
  Rgb rgb;
  std::uint8_t marks;
};

constexpr std::array<Ink, style_count> dark = {{
    {"", 0, {}, 0},                                 // text
    {"36", 80, {95, 215, 215}, mark::bold},         // heading
    {"33", 180, {215, 175, 135}, 0},                // code
    {"35", 176, {215, 135, 215}, 0},                // keyword
    {"32", 114, {135, 215, 135}, 0},                // string
    {"90", 245, {138, 138, 138}, mark::italic},     // comment
    {"36", 117, {135, 215, 255}, 0},                // number
    {"34", 111, {135, 175, 255}, mark::underline},  // link
    {"90", 243, {118, 118, 118}, 0},                // quote
    {"36", 80, {95, 215, 215}, 0},                  // bullet
    {"90", 240, {88, 88, 88}, 0},                   // rule
    {"2", 245, {138, 138, 138}, 0},                 // dim
    {"32", 114, {135, 215, 135}, 0},                // added
    {"31", 210, {255, 135, 135}, 0},                // removed
    {"36", 80, {95, 215, 215}, 0},                  // hunk
    {"32", 114, {135, 215, 135}, 0},                // good
    {"31", 210, {255, 135, 135}, 0},                // bad
    {"33", 221, {255, 215, 95}, 0},                 // warning
}};

constexpr std::array<Ink, style_count> light = {{
    {"", 0, {}, 0},                              // text
    {"34", 25, {0, 95, 175}, mark::bold},        // heading
    {"31", 130, {175, 95, 0}, 0},                // code
    {"35", 90, {135, 0, 135}, 0},                // keyword
    {"32", 28, {0, 135, 0}, 0},                  // string
    {"90", 242, {108, 108, 108}, mark::italic},  // comment
    {"34", 26, {0, 95, 215}, 0},                 // number
    {"34", 26, {0, 95, 215}, mark::underline},   // link
    {"90", 246, {148, 148, 148}, 0},             // quote
    {"34", 25, {0, 95, 175}, 0},                 // bullet
    {"90", 250, {188, 188, 188}, 0},             // rule
    {"2", 242, {108, 108, 108}, 0},              // dim
    {"32", 28, {0, 135, 0}, 0},                  // added
    {"31", 160, {215, 0, 0}, 0},                 // removed
    {"34", 25, {0, 95, 175}, 0},                 // hunk
    {"32", 28, {0, 135, 0}, 0},                  // good
    {"31", 160, {215, 0, 0}, 0},                 // bad
    {"33", 130, {175, 95, 0}, 0},                // warning
}};

const Ink& ink_of(Style style, Background background) {
  return (background == Background::dark ? dark : light)[static_cast<std::size_t>(style)];
}

std::string color_of(const Ink& ink, ColorDepth depth) {
  if (depth == ColorDepth::ansi16) return std::string(ink.ansi16);
  if (ink.ansi256 == 0) return {};
  if (depth == ColorDepth::ansi256) return fmt::format("38;5;{}", ink.ansi256);
  return fmt::format("38;2;{};{};{}", ink.rgb.red, ink.rgb.green, ink.rgb.blue);
}

void append_code(std::string& codes, std::string_view code) {
  if (code.empty()) return;
  if (!codes.empty()) codes += ';';
  codes += code;
}

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

bool is_set(const std::optional<std::string>& variable) {
  return !variable.value_or("").empty();
}

bool is_new_vte(const std::string& version) {
  constexpr int first_with_links = 5000;
  int number = 0;
  std::from_chars(version.data(), version.data() + version.size(), number);
  return number >= first_with_links;
}

bool is_any_of(std::string_view name, std::initializer_list<std::string_view> known) {
  for (const auto one : known) {
    if (name == one) return true;
  }
  return false;
}

}  // namespace

TerminalVariables terminal_variables() {
  TerminalVariables out;
  out.term = variable("TERM");
  out.colorterm = variable("COLORTERM");
  out.term_program = variable("TERM_PROGRAM");
  out.vte_version = variable("VTE_VERSION");
  out.wt_session = variable("WT_SESSION");
  out.konsole_version = variable("KONSOLE_VERSION");
  out.inside_multiplexer = variable("TMUX");
  if (!is_set(out.inside_multiplexer)) out.inside_multiplexer = variable("STY");
  return out;
}

ColorDepth decide_depth(Color color, const TerminalVariables& variables) {
  if (color == Color::off) return ColorDepth::none;
  const auto colorterm = variables.colorterm.value_or("");
  if (colorterm == "truecolor" || colorterm == "24bit") return ColorDepth::truecolor;
  const auto term = variables.term.value_or("");
  if (term.ends_with("-direct")) return ColorDepth::truecolor;
  if (term.find("256color") != std::string::npos || term.starts_with("xterm-kitty")) return ColorDepth::ansi256;
  return ColorDepth::ansi16;
}

Hyperlinks decide_hyperlinks(Motion motion, const TerminalVariables& variables) {
  // What a multiplexer inherited says nothing about what it passes on.
  if (motion == Motion::off || is_set(variables.inside_multiplexer)) return Hyperlinks::off;
  if (is_set(variables.wt_session) || is_set(variables.konsole_version)) return Hyperlinks::on;
  if (is_new_vte(variables.vte_version.value_or(""))) return Hyperlinks::on;
  if (is_any_of(variables.term_program.value_or(""), {"iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper"}))
    return Hyperlinks::on;
  const auto term = variables.term.value_or("");
  return is_any_of(term, {"xterm-kitty", "xterm-ghostty", "foot", "foot-extra", "alacritty", "wezterm", "contour"})
             ? Hyperlinks::on
             : Hyperlinks::off;
}

Theme::Theme(ColorDepth depth, Background background) : depth_(depth), background_(background) {}

std::string Theme::begin(Style style, std::uint8_t marks) const {
  if (!paints()) return {};
  const auto& ink = ink_of(style, background_);
  const auto all = marks | ink.marks;
  std::string codes;
  if ((all & mark::bold) != 0) append_code(codes, "1");
  if ((all & mark::italic) != 0) append_code(codes, "3");
  if ((all & mark::underline) != 0) append_code(codes, "4");
  if ((all & mark::strike) != 0) append_code(codes, "9");
  append_code(codes, color_of(ink, depth_));
  return codes.empty() ? std::string{} : fmt::format("\x1b[{}m", codes);
}

std::string Theme::paint(std::string_view text, Style style, std::uint8_t marks) const {
  const auto start = begin(style, marks);
  if (start.empty() || text.empty()) return std::string(text);
  return start + std::string(text) + std::string(style_end);
}

}  // namespace errand::render
