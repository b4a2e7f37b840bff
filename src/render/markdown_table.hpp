#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "render/line.hpp"
#include "render/markdown_inline.hpp"

namespace errand::render {

enum class CellAlign { left, center, right };

/// "|:--|--:|" as alignments, when the line is the second one of a table.
std::optional<std::vector<CellAlign>> parse_delimiter_row(std::string_view line);

/// The cells of "| a | b |", with "\|" as "|" and <br> as hard_break.
std::vector<std::string> parse_row(std::string_view line);

/// A table whose rows come one after another. All of it is laid out by what its rows need, as long as they are few;
/// then the layout stays, and each row is finished when it comes. Narrower than its columns can be, it becomes records:
/// "header: value" lines for each row.
class MarkdownTable {
 public:
  MarkdownTable(const std::vector<std::string>& header, std::vector<CellAlign> aligns);

  [[nodiscard]] std::size_t columns() const { return aligns_.size(); }

  /// Cells that lack are empty, further ones are dropped. Returns lines that are finished.
  std::vector<Line> add(std::vector<std::string> row, const Canvas& canvas, std::size_t columns);

  /// The lines that add() has not returned.
  std::vector<Line> finish(const Canvas& canvas, std::size_t columns);

 private:
  using Row = std::vector<std::string>;
  enum class Layout { open, grid, records };

  void decide(const Canvas& canvas, std::size_t columns);
  [[nodiscard]] std::vector<Line> head(const Canvas& canvas) const;
  [[nodiscard]] std::vector<Line> lines_of(const Row& row, const Look& look, const Canvas& canvas) const;
  [[nodiscard]] std::vector<Line> record_of(const Row& row, const Canvas& canvas) const;
  std::vector<Line> held(const Canvas& canvas);

  Row header_;
  std::vector<CellAlign> aligns_;
  std::vector<Row> rows_;
  std::size_t held_bytes_ = 0;
  Layout layout_ = Layout::open;
  bool any_record_ = false;
  std::size_t room_ = 0;
  std::vector<std::size_t> widths_;
};

}  // namespace errand::render
