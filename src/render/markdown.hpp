#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "render/markdown_blocks.hpp"

namespace errand::render {

/// Markdown that streams in and goes out as lines for a terminal, painted and at most `canvas.columns` wide.
///
/// A line is finished when nothing that follows can change it; what is not finished is the tail, which is shown and
/// taken back. Where the text is cut into deltas makes no difference to what is finished. The text is hostile: no
/// control character of it gets out (unicode::sanitize()). Work is linear in the text; the tail is bounded.
class Markdown {
 public:
  explicit Markdown(Canvas canvas) : blocks_(std::move(canvas)) {}

  void feed(std::string_view delta);

  /// The text is over: all that is left is finished.
  void finish();

  /// What has become finished since it was last taken.
  std::vector<std::string> take() { return blocks_.take(); }

  /// What the rest would look like now; costs as much as laying out the open block. take() comes first.
  [[nodiscard]] std::vector<std::string> tail() const;

  /// Whether the tail is a table's, whose columns may become wider with each row.
  [[nodiscard]] bool ends_in_table() const { return blocks_.ends_in_table(); }

  /// For the lines from here on.
  void set_columns(std::size_t columns) { blocks_.set_columns(columns); }

 private:
  void cut_long_line();

  MarkdownBlocks blocks_;
  std::string line_;  ///< the line that has no end yet, as it came
};

}  // namespace errand::render
