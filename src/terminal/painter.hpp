#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "terminal/raw_mode.hpp"

namespace errand::terminal {

/// One row of a region: text with its styles, at most as wide as the terminal, without controls that move the cursor.
struct Row {
  std::string text;
  std::size_t width = 0;  ///< columns it takes
  bool operator==(const Row&) const = default;
};

/// A row of that text, which may hold SGR and OSC 8 sequences alone. One with a tab or another control has no width
/// that we know: `unknown_width`.
inline constexpr std::size_t unknown_width = static_cast<std::size_t>(-1);
[[nodiscard]] Row row_of(std::string text);

/// What a region shows. The cursor's column may be one past the last character, never past the last column.
struct Frame {
  std::vector<Row> rows;
  std::size_t cursor_row = 0;
  std::size_t cursor_column = 0;
  bool operator==(const Frame&) const = default;
};

/// What a terminal does with rows that have become too wide for it: most begin a new row, xterm and others cut them.
enum class OnNarrowing { wraps, cuts };

/// What is known of a terminal that has changed its size.
struct Resized {
  using Clock = std::chrono::steady_clock;

  std::optional<std::size_t> cursor_column;  ///< where it says that its cursor is since then, from 0
  /// What was written later came when the size was another already: such rows were cut, not wrapped.
  Clock::time_point shown_until = Clock::time_point::max();
};

/// Paints a region that lives at the bottom of the scrollback: what is above is never touched. Only rows that changed
/// are written, all at once in a synchronised update (CSI ? 2026,
/// https://gist.github.com/christianparpart/d8a62cc1ab659194337d73e399004036), and nothing when nothing changed. Rows
/// at the end that only move are moved by the terminal (IL, DL). A frame higher than the terminal is shown in part,
/// around the cursor.
///
/// Borrows the descriptor; one thread at a time. Errors are those of writing.
class Painter {
 public:
  Painter(int fd, Size size, OnNarrowing on_narrowing) : fd_(fd), size_(size), on_narrowing_(on_narrowing) {}

  [[nodiscard]] Size size() const { return size_; }
  /// Bytes so far.
  [[nodiscard]] std::size_t written_bytes() const { return written_bytes_; }

  /// Shows `frame`. The first one begins where the cursor is, which must be the first column. One without rows is none:
  /// the cursor stands at the start of a line then.
  Result<void> paint(const Frame& frame) { return paint(frame, {}); }

  /// The same below `finished`, which go into the scrollback: what was the region's beginning and is finished now stays
  /// as it is. Rows as those of a frame.
  Result<void> paint(const Frame& frame, const std::vector<Row>& finished);

  /// The same of lines that may be wider, which the terminal wraps.
  Result<void> print_above(const std::vector<Row>& lines, const Frame& frame);

  /// Leaves the region as it is and begins a new line below it.
  Result<void> leave();

  /// Takes the region away; the cursor stands where it began.
  Result<void> clear();

  /// Clears the screen, not the scrollback, which the region leaves no copy in; the next paint() begins at its top.
  Result<void> clear_screen();

  /// The terminal has another size now, or has had one. The next paint() is a whole one.
  Result<void> resize(Size size, const Resized& resized = {});

  /// Others wrote to the terminal, or it was theirs for a while: what was shown is theirs.
  void forget();

  /// What is no part of the picture, and moves nothing: a question to the terminal. Waits for one that was set to not
  /// block.
  Result<void> write(std::string_view bytes);

 private:
  [[nodiscard]] Frame visible_part(const Frame& frame);
  [[nodiscard]] std::size_t rows_above_cursor(std::size_t columns, const Resized& resized) const;
  void go_to_row(std::string& out, std::size_t row);
  void go_to_start(std::string& out);
  [[nodiscard]] std::string changes_to(const Frame& frame);
  void move_end(std::string& out, const std::vector<Row>& rows);
  void put_row(std::string& out, std::size_t index, const Row& row);

  int fd_;
  Size size_;
  OnNarrowing on_narrowing_;
  Frame shown_;
  std::vector<Resized::Clock::time_point> written_;  // when each of its rows was
  bool is_shown_ = false;
  std::size_t first_visible_ = 0;
  std::size_t row_ = 0;  // of the cursor, from the region's first
  std::size_t written_bytes_ = 0;
};

}  // namespace errand::terminal
