#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "repl/editor/view.hpp"
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
  std::string title;
  std::string typed;
  std::size_t cursor = 0;  ///< byte of `typed`
  std::vector<MenuItem> items;
  std::size_t selected = View::no_line;
  std::string preview;  ///< of the one that is selected; may have many lines
  std::string hint;
};

/// The rows of it: at most two fewer than the terminal has (and at least four), so that something of what the question
/// is about stays in view. The selected item is whole: what of it does not fit in its row stands below the list.
[[nodiscard]] terminal::Frame frame_of(const MenuView& view, terminal::Size size, Styles styles);

}  // namespace errand::repl
