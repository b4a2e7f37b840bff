#include "terminal/painter.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/try.hpp"

namespace errand::terminal {

namespace {

// A synchronised update without a cursor, in which nothing wraps: a character that is wider on this terminal than we
// know is cut at the edge and spoils no row below.
constexpr std::string_view begin_update = "\x1b[?2026h\x1b[?25l\x1b[?7l";
constexpr std::string_view end_update = "\x1b[?7h\x1b[?25h\x1b[?2026l";
constexpr std::string_view erase_below = "\x1b[J";
constexpr std::string_view erase_row = "\x1b[2K";

std::string move(std::size_t count, char direction) {
  return count == 0 ? std::string() : fmt::format("\x1b[{}{}", count, direction);
}

std::size_t rows_of(std::size_t width, std::size_t columns) {
  return std::max<std::size_t>((width + columns - 1) / columns, 1);
}

}  // namespace

// The rows around the cursor; those seen before stay where they are as long as it is among them.
Frame Painter::visible_part(const Frame& frame) {
  const auto height = std::max<std::size_t>(size_.rows, 1);
  if (frame.rows.size() <= height) {
    first_visible_ = 0;
    return frame;
  }
  first_visible_ = std::min(first_visible_, frame.rows.size() - height);
  if (frame.cursor_row < first_visible_) first_visible_ = frame.cursor_row;
  if (frame.cursor_row >= first_visible_ + height) first_visible_ = frame.cursor_row - height + 1;
  const auto begin = frame.rows.begin() + static_cast<std::ptrdiff_t>(first_visible_);
  return {.rows = {begin, begin + static_cast<std::ptrdiff_t>(height)},
          .cursor_row = frame.cursor_row - first_visible_,
          .cursor_column = frame.cursor_column};
}

void Painter::go_to_row(std::string& out, std::size_t row) {
  out += row < row_ ? move(row_ - row, 'A') : move(row - row_, 'B');
  row_ = row;
}

void Painter::go_to_start(std::string& out) {
  go_to_row(out, 0);
  out += '\r';
}

std::string Painter::changes_to(const Frame& frame) {
  std::string out;
  for (std::size_t i = 0; i < frame.rows.size(); ++i) {
    const bool is_new = i >= shown_.rows.size();
    if (!is_new && shown_.rows[i] == frame.rows[i]) continue;
    if (is_new && i > 0) {  // a line end makes room where the screen ends
      go_to_row(out, i - 1);
      out += "\r\n";
      row_ = i;
    } else {
      go_to_row(out, i);
      out += '\r';
    }
    out += erase_row;
    out += frame.rows[i].text;
  }
  if (shown_.rows.size() > frame.rows.size()) {
    go_to_row(out, frame.rows.size());
    out += '\r';
    out += erase_below;
  }
  go_to_row(out, frame.cursor_row);
  return out + '\r' + move(frame.cursor_column, 'C');
}

Result<void> Painter::paint(const Frame& whole) {
  auto frame = visible_part(whole);
  if (is_shown_ && frame == shown_) return {};
  const bool same_rows = is_shown_ && frame.rows == shown_.rows;
  auto out = changes_to(frame);
  shown_ = std::move(frame);
  is_shown_ = true;
  return write_all(fd_, same_rows ? out : fmt::format("{}{}{}", begin_update, out, end_update));
}

Result<void> Painter::print_above(std::string_view lines) {
  auto frame = shown_;
  std::string out(begin_update);
  go_to_start(out);
  out += erase_below;
  out += "\x1b[?7h";
  out += lines;
  if (!lines.ends_with('\n')) out += '\n';
  out += "\x1b[?7l";
  const bool was_shown = is_shown_;
  forget();
  if (was_shown) {
    out += changes_to(frame);
    shown_ = std::move(frame);
    is_shown_ = true;
  }
  return write_all(fd_, out + std::string(end_update));
}

Result<void> Painter::leave() {
  if (!is_shown_) return {};
  std::string out;
  go_to_row(out, shown_.rows.empty() ? 0 : shown_.rows.size() - 1);
  out += "\r\n";
  forget();
  return write_all(fd_, out);
}

Result<void> Painter::clear() {
  if (!is_shown_) return {};
  std::string out;
  go_to_start(out);
  out += erase_below;
  forget();
  return write_all(fd_, out);
}

Result<void> Painter::clear_screen() {
  forget();
  return write_all(fd_, "\x1b[H\x1b[2J");
}

Result<void> Painter::resize(Size size) {
  if (size == size_) return {};
  const auto columns = std::max<std::size_t>(size.columns, 1);
  if (is_shown_ && on_narrowing_ == OnNarrowing::wraps) {
    std::size_t row = shown_.cursor_column / columns;
    for (std::size_t i = 0; i < row_; ++i) row += rows_of(shown_.rows[i].width, columns);
    row_ = row;
  }
  row_ = std::min(row_, std::max<std::size_t>(size.rows, 1) - 1);
  size_ = size;
  return clear();
}

void Painter::forget() {
  shown_ = {};
  is_shown_ = false;
  row_ = 0;
}

}  // namespace errand::terminal
