#include "render/options.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace errand::render {

namespace {

constexpr std::size_t default_columns = 80;
// Narrower than this nothing can be laid out; it is cut by the terminal then.
constexpr std::size_t min_columns = 20;

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

bool is_dumb(const ColorVariables& variables) {
  return variables.term == "dumb";
}

std::string_view code_of(Tone tone) {
  switch (tone) {
    case Tone::dim:
      return "2";
    case Tone::good:
      return "32";
    case Tone::bad:
      return "31";
    case Tone::warning:
      return "33";
    case Tone::strong:
      return "1";
  }
  return "0";
}

}  // namespace

Result<ColorChoice> parse_color_choice(std::string_view word) {
  if (word == "auto") return ColorChoice::automatic;
  if (word == "always") return ColorChoice::always;
  if (word == "never") return ColorChoice::never;
  return fail(ErrorKind::usage, fmt::format("\"{}\" is no choice of colour", word), "one of: auto, always, never");
}

ColorVariables color_variables() {
  return {variable("NO_COLOR"), variable("CLICOLOR_FORCE"), variable("TERM")};
}

Medium medium_of(int fd) {
  return ::isatty(fd) == 1 ? Medium::terminal : Medium::pipe;
}

Color decide_color(ColorChoice choice, const ColorVariables& variables, Medium medium) {
  if (choice != ColorChoice::automatic) return choice == ColorChoice::always ? Color::on : Color::off;
  if (!variables.no_color.value_or("").empty()) return Color::off;
  const auto force = variables.clicolor_force.value_or("");
  if (!force.empty() && force != "0") return Color::on;
  return medium == Medium::terminal && !is_dumb(variables) ? Color::on : Color::off;
}

Motion decide_motion(const ColorVariables& variables, Medium medium) {
  return medium == Medium::terminal && !is_dumb(variables) ? Motion::on : Motion::off;
}

std::size_t columns_of(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return std::max<std::size_t>(size.ws_col, min_columns);
  const auto said = variable("COLUMNS").value_or("");
  std::size_t columns = 0;
  const auto parsed = std::from_chars(said.data(), said.data() + said.size(), columns);
  if (parsed.ec != std::errc{} || parsed.ptr != said.data() + said.size() || columns == 0) return default_columns;
  return std::max(columns, min_columns);
}

std::string paint(std::string_view text, Tone tone, Color color) {
  if (color == Color::off || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code_of(tone), text);
}

}  // namespace errand::render
