#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "terminal/painter.hpp"

namespace errand::repl {

/// Whether the editor may use dim and reversed text.
enum class Styles { none, basic };

/// A line of a menu.
struct MenuLine {
  std::string text;
  std::string note;  ///< what it is, dim
};

/// All that the editor shows at one time.
struct View {
  std::string prompt;
  std::string text;
  std::size_t cursor = 0;           ///< byte of `text`
  std::string ghost;                ///< what could be taken after the text
  std::string status;               ///< a line below
  std::vector<MenuLine> menu;       ///< lines below that
  std::size_t selected = no_line;   ///< of `menu`
  std::vector<std::string> pastes;  ///< what stands for each folded paste
  static constexpr std::size_t no_line = static_cast<std::size_t>(-1);
};

/// Lines of a menu that are seen at a time.
inline constexpr std::size_t max_menu_rows = 8;

/// The rows of it on a terminal of that many columns, wrapped between graphemes. What would move a cursor, and what is
/// invisible, is shown by a mark.
[[nodiscard]] terminal::Frame frame_of(const View& view, std::size_t columns, Styles styles);

/// A line about what is shown, dim, cut to so many columns.
[[nodiscard]] terminal::Row faint_row(std::string_view text, std::size_t columns, Styles styles);

/// In a text being edited one private character stands for a folded paste: the n-th one.
[[nodiscard]] std::string fold_mark(std::size_t number);
/// Which paste stands at the beginning of `s`; View::no_line when none does.
[[nodiscard]] std::size_t fold_at(std::string_view s);

}  // namespace errand::repl
