#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "repl/editor/view.hpp"
#include "repl/subject.hpp"
#include "terminal/painter.hpp"

namespace errand::repl {

struct MenuItem {
  enum class Mark { none, unset, set };
  std::string text;
  std::string note;
  Mark mark = Mark::none;
  std::string key{};  ///< what names it when typed: a letter or a number; empty where nothing does
  bool operator==(const MenuItem&) const = default;
};

/// All that a menu shows at one time.
struct MenuView {
  Subject about{};  ///< above the title
  std::string title;
  std::string typed;
  std::size_t cursor = 0;  ///< byte of `typed`
  std::vector<MenuItem> items;
  std::size_t selected = View::no_line;
  std::string preview;  ///< of the one that is selected; may have many lines
  std::string hint;
  std::string notice{};  ///< in its place: why a key did nothing
  bool is_line = false;  ///< without items, and with a line to type alone
};

/// The rows of it: at most two fewer than the terminal has (and at least four), so that something of what the question
/// was said before stays in view. What it is about has what the rest leaves free, and half of them at least. The
/// selected item is whole: what of it does not fit in its row stands below the list.
[[nodiscard]] terminal::Frame frame_of(const MenuView& view, terminal::Size size, Styles styles);

/// Rows for what a menu is about, above one of so many rows.
[[nodiscard]] std::size_t room_above(std::size_t menu_rows, terminal::Size size);

/// What it is about alone, until there is a menu.
[[nodiscard]] terminal::Frame frame_of(const Subject& about, terminal::Size size);

}  // namespace errand::repl
