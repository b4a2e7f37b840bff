#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "render/highlight.hpp"
#include "render/line.hpp"
#include "render/markdown_inline.hpp"
#include "render/markdown_table.hpp"

namespace errand::render {

/// What follows a piece of a source line.
enum class Piece {
  line_end,  ///< it is whole
  at_blank,  ///< cut at a blank, which is left out; the line goes on
  inside,    ///< cut inside of a word; the line goes on
};

/// The block part of Markdown (CommonMark 0.30, GitHub's tables and task lists) by lines: each one goes to the open
/// containers (quotes, list items) and the one leaf in them, and what it ends is laid out at once. What can't be known
/// while text streams is done otherwise than by the specification: a list's items keep the blank lines they have;
/// references to link definitions stay as written; a paragraph of more than some kilobytes is given away line by line.
/// Indented code, maths between "$$" or "\[" and HTML keep their lines; in those of HTML inline Markdown is laid out.
///
/// A value: a copy shows how the text would look if it ended here. Its cost is that of the leaf, which is bounded.
class MarkdownBlocks {
 public:
  explicit MarkdownBlocks(Canvas canvas) : canvas_(std::move(canvas)) {}

  /// The next harmless line, or a piece of one.
  void add(std::string_view text, Piece piece = Piece::line_end);

  /// Ends all that is open.
  void finish();

  /// What is finished since it was last taken, painted.
  std::vector<std::string> take() { return std::exchange(out_, {}); }

  /// finish() for text of which more is to come: marks that are open in a paragraph are closed.
  void finish_for_now();

  /// Whether a table is open.
  [[nodiscard]] bool ends_in_table() const { return std::holds_alternative<MarkdownTable>(leaf_); }

  void set_columns(std::size_t columns) { canvas_.columns = columns; }

 private:
  struct Quote {};
  struct Item {
    std::size_t indent = 0;  ///< columns of source that its content is indented by
    std::string bullet;      ///< as it is shown, with the blank after it
  };
  struct Container {
    std::variant<Quote, Item> kind;
    bool started = false;  ///< something of it has been shown
  };
  struct Paragraph {
    std::string text;           ///< its lines joined by blanks and hard_break
    std::size_t last_line = 0;  ///< where the last line begins
    bool cut = false;           ///< its beginning was given away
    char ends = '\0';           ///< what the last line ended with, where it is not in the text: ' ' or hard_break
    Piece piece = Piece::line_end;
  };
  struct Verbatim {
    /// tags: HTML whose lines may have inline Markdown; html: such as is none of its reader's, comments and scripts
    enum class Kind { fence, indented, math, html, tags } kind = Kind::fence;
    std::string fence;       ///< what closes it: "```", "$$", "\]"
    std::size_t indent = 0;  ///< of a fence: taken from each line
    std::size_t blank = 0;   ///< lines held back: they count only when more follows
    Highlighter highlighter;
  };
  struct Numbering {  ///< of the last item at a depth
    char mark = '-';  ///< '-', '+', '*', or what follows a number: '.', ')'
    std::size_t number = 0;
  };
  struct Cursor {
    std::string_view text;
    std::size_t at = 0;
    [[nodiscard]] std::string_view rest() const { return text.substr(at); }
    [[nodiscard]] std::size_t indent() const;
    [[nodiscard]] bool blank() const { return at + indent() == text.size(); }
    void skip(std::size_t n) { at = std::min(at + n, text.size()); }
  };
  struct Marker {  ///< of a list item
    char mark = '-';
    std::optional<std::size_t> number;
    std::size_t bytes = 0;
  };

  void add_line(std::string_view text);
  bool add_to_open_line(std::string_view text, Piece piece);
  std::size_t match_containers(Cursor& cursor) const;
  void blank_line(std::size_t matched);
  void content(Cursor& cursor, std::size_t matched);
  bool open_leaf(Cursor& cursor, std::size_t matched);
  bool open_container(Cursor& cursor, std::size_t& matched);
  bool open_item(Cursor& cursor, std::size_t& matched);
  bool end_as_heading(std::string_view rest, std::size_t matched);
  bool become_table(std::string_view rest, std::size_t matched);
  bool open_fence(std::string_view rest, std::size_t indent, std::size_t matched);
  bool open_html(const Cursor& cursor, std::size_t matched);
  bool open_math(std::string_view rest, std::size_t matched);
  bool verbatim_line(Cursor& cursor);
  void text_line(Cursor& cursor, std::size_t matched);
  void begin_leaf(std::size_t matched);
  void close_to(std::size_t count);
  void close_leaf();
  void close_paragraph(const Paragraph& paragraph);
  void give_away(Paragraph& paragraph);
  void code_line(Verbatim& code, std::string_view text);
  void tags_line(std::string_view text);
  void heading(std::string_view text, std::size_t level);
  static std::optional<Marker> marker_of(std::string_view rest);
  std::string bullet_of(const Marker& marker);

  template <class Leaf>
  [[nodiscard]] Leaf* leaf() {
    return std::get_if<Leaf>(&leaf_);
  }
  [[nodiscard]] std::size_t columns() const;
  [[nodiscard]] Line prefix() const;
  void separate();
  void put(std::vector<Line> lines);
  void put(const std::vector<WrappedLine>& lines);

  Canvas canvas_;
  std::vector<Container> containers_;
  std::variant<std::monostate, Paragraph, Verbatim, MarkdownTable> leaf_;
  std::vector<std::optional<Numbering>> numbering_;  ///< by depth
  bool blank_before_ = false;                        ///< the source has a blank line since the last output
  bool leaf_started_ = false;                        ///< the open leaf has put lines out
  bool any_output_ = false;
  bool code_line_goes_on_ = false;  ///< what comes next belongs to a line of the open Verbatim
  std::vector<std::string> out_;
};

}  // namespace errand::render
