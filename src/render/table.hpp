#pragma once

#include <string>
#include <vector>

#include "render/options.hpp"

namespace errand::render {

enum class Fit {
  fixed,     ///< an id, a number: cut only when nothing else is left to cut
  flexible,  ///< text: cut first, the widest of them
};
enum class Align { left, right };

struct Column {
  std::string header;
  Fit fit = Fit::fixed;
  Align align = Align::left;
};

/// Where a table is shown.
struct Layout {
  Medium medium = Medium::pipe;
  std::size_t columns = 80;  ///< terminal
  Color color = Color::off;
};
Layout layout_of(int fd, ColorChoice choice);

/// Rows of text. On a terminal: a line of headers, padded columns two blanks apart, within the width; where that would
/// cut what has to be read, each row is some lines of its own. On a pipe: no headers, cells separated by tabs and never
/// cut. Cells are made harmless; line ends and tabs in them become blanks.
class Table {
 public:
  explicit Table(std::vector<Column> columns);

  /// Missing cells are empty.
  void add(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }

  /// Each line ended by '\n'; no rows give no text at all.
  [[nodiscard]] std::string text(const Layout& layout) const;

 private:
  [[nodiscard]] std::vector<std::size_t> widths(std::size_t columns) const;
  [[nodiscard]] bool is_unreadable(const std::vector<std::size_t>& widths) const;
  [[nodiscard]] std::string stacked(const std::vector<std::string>& row, std::size_t columns) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace errand::render
