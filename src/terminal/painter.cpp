#include "terminal/painter.hpp"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "base/graphemes.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"

namespace errand::terminal {

namespace {

// A synchronised update without a cursor, in which nothing wraps: a character that is wider on this terminal than we
// know is cut at the edge and spoils no row below.
constexpr std::string_view begin_update = "\x1b[?2026h\x1b[?25l\x1b[?7l";
constexpr std::string_view end_update = "\x1b[?7h\x1b[?25h\x1b[?2026l";
constexpr std::string_view erase_below = "\x1b[J";
constexpr std::string_view erase_row = "\x1b[2K";
constexpr std::string_view erase_to_end_of_row = "\x1b[K";
// This row and all below it, from its start. Not by one sequence: tmux takes that in the screen's first corner for a
// whole screen that is cleared, and keeps a copy in its scrollback.
constexpr std::string_view erase_from_here = "\x1b[K\x1b[C\x1b[J\r";

// Bytes it takes to have rows moved rather than written.
constexpr std::size_t cost_of_moving = 24;

std::string move(std::size_t count, char direction) {
  return count == 0 ? std::string() : fmt::format("\x1b[{}{}", count, direction);
}

// Without its styles and links.
std::string visible(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto escape = std::min(text.find('\x1b'), text.size());
    out += text.substr(0, escape);
    text.remove_prefix(escape);
    if (text.empty()) break;
    const bool is_link = text.starts_with("\x1b]");
    const auto end = is_link ? text.find("\x1b\\", 1) : text.find('m');
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + (is_link ? 2 : 1));
  }
  return out;
}

struct Cell {
  std::size_t row = 0;
  std::size_t column = 0;
};

// Where a cell of a row is once a terminal with so many columns has wrapped it: a wide character is not cut in two, and
// what stands behind the last character stays there.
Cell cell_when_wrapped(const Row& row, std::size_t column, std::size_t columns) {
  const auto text = visible(row.text);
  Cell out;
  std::size_t passed = 0;
  for (std::size_t at = 0; at < text.size() && passed <= column;) {
    const auto end = unicode::next_grapheme(text, at);
    const auto wide = unicode::grapheme_width(std::string_view(text).substr(at, end - at));
    if (out.column + wide > columns && out.column > 0) out = {out.row + 1, 0};
    if (passed == column) return out;
    out.column += wide;
    passed += wide;
    at = end;
  }
  return out;
}

std::size_t rows_when_wrapped(const Row& row, std::size_t columns) {
  return cell_when_wrapped(row, unknown_width, columns).row + 1;
}

// How many rows at the end are alike.
std::size_t same_at_end(const std::vector<Row>& one, const std::vector<Row>& other) {
  const auto [end, ignored] = std::mismatch(one.rbegin(), one.rend(), other.rbegin(), other.rend());
  return static_cast<std::size_t>(end - one.rbegin());
}

std::string lines_of(const std::vector<Row>& rows) {
  std::string out;
  for (const auto& row : rows) out += row.text + "\n";
  return out;
}

// Whether it could change the character before it.
bool starts_a_mark(std::string_view text) {
  return !text.empty() && static_cast<unsigned char>(text.front()) >= 0x80;
}

// A terminal may be shared with a program that made it not block.
Result<void> write_whole(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EAGAIN) {
      pollfd writable{fd, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    }
    if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (written < 0) return fail_errno(ErrorKind::failure, "can't write to the terminal", errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

Row row_of(std::string text) {
  const auto shown = visible(text);
  const bool has_controls = std::ranges::any_of(shown, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  const auto width = has_controls ? unknown_width : unicode::width(shown);
  return {std::move(text), width};
}

Result<void> Painter::write(std::string_view bytes) {
  written_bytes_ += bytes.size();
  return write_whole(fd_, bytes);
}

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

// Of letters alone that stay where they are, only those that came behind them are written.
void Painter::put_row(std::string& out, std::size_t index, const Row& row) {
  out += '\r';
  const auto* shown = index < shown_.rows.size() ? &shown_.rows[index] : nullptr;
  const bool grows = shown != nullptr && shown->width > 0 && shown->width < size_.columns &&
                     shown->width == shown->text.size() && row.text.starts_with(shown->text) &&
                     !starts_a_mark(std::string_view(row.text).substr(shown->text.size()));
  if (grows) {
    out += move(shown->width, 'C');
    out += std::string_view(row.text).substr(shown->text.size());
    return;
  }
  const bool is_full = row.width >= size_.columns;  // the cursor is still on its last character then
  if (is_full) out += erase_row;
  out += row.text;
  if (!is_full) out += erase_to_end_of_row;
}

// Where rows above the last ones come or go, the terminal moves these: lines that fall out at the bottom of the screen
// are empty then.
void Painter::move_end(std::string& out, const std::vector<Row>& rows) {
  const auto old_size = shown_.rows.size();
  const auto kept = same_at_end(shown_.rows, rows);
  std::size_t bytes = 0;
  for (std::size_t i = old_size - kept; i < old_size; ++i) bytes += shown_.rows[i].text.size();
  if (rows.size() == old_size || rows.size() > size_.rows || bytes < cost_of_moving) return;
  const auto place = [&](std::size_t row) { return shown_.rows.begin() + static_cast<std::ptrdiff_t>(row); };
  if (rows.size() > old_size) {
    const auto more = rows.size() - old_size;
    go_to_row(out, old_size - 1);
    out += std::string(more, '\n');
    row_ += more;
    go_to_row(out, old_size - kept);
    out += move(more, 'L');
    shown_.rows.insert(place(old_size - kept), more, Row{});
    written_.insert(written_.begin() + static_cast<std::ptrdiff_t>(old_size - kept), more, {});
  } else {
    const auto fewer = old_size - rows.size();
    go_to_row(out, rows.size() - kept);
    out += move(fewer, 'M');
    shown_.rows.erase(place(rows.size() - kept), place(old_size - kept));
    written_.erase(written_.begin() + static_cast<std::ptrdiff_t>(rows.size() - kept),
                   written_.begin() + static_cast<std::ptrdiff_t>(old_size - kept));
  }
}

std::string Painter::changes_to(const Frame& frame) {
  std::string out;
  const auto now = Resized::Clock::now();
  move_end(out, frame.rows);
  written_.resize(std::max(written_.size(), frame.rows.size()));
  for (std::size_t i = 0; i < frame.rows.size(); ++i) {
    const bool is_new = i >= shown_.rows.size();
    if (!is_new && shown_.rows[i] == frame.rows[i]) continue;
    if (is_new && i > 0) {  // a line end makes room where the screen ends
      go_to_row(out, i - 1);
      out += '\n';
      row_ = i;
    } else {
      go_to_row(out, i);
    }
    put_row(out, i, frame.rows[i]);
    written_[i] = now;
  }
  written_.resize(frame.rows.size());
  if (shown_.rows.size() > frame.rows.size()) {
    go_to_row(out, frame.rows.size());
    out += '\r';
    out += erase_below;
  }
  go_to_row(out, frame.cursor_row);
  return out + '\r' + move(frame.cursor_column, 'C');
}

Result<void> Painter::paint(const Frame& whole, const std::vector<Row>& finished) {
  auto frame = visible_part(whole);
  const bool is_empty = frame.rows.empty();
  if (finished.empty() && (is_shown_ ? frame == shown_ : is_empty)) return {};
  if (!is_shown_ && is_empty) return write(lines_of(finished));
  const bool same_rows = finished.empty() && is_shown_ && frame.rows == shown_.rows;
  Frame all = {
      .rows = finished, .cursor_row = finished.size() + frame.cursor_row, .cursor_column = frame.cursor_column};
  all.rows.insert(all.rows.end(), frame.rows.begin(), frame.rows.end());
  if (is_empty) all.rows.emplace_back();
  const auto out = changes_to(all);
  row_ -= finished.size();
  written_.erase(written_.begin(), written_.begin() + static_cast<std::ptrdiff_t>(finished.size()));
  shown_ = std::move(frame);
  is_shown_ = true;
  if (is_empty) forget();
  return write(same_rows ? out : fmt::format("{}{}{}", begin_update, out, end_update));
}

Result<void> Painter::print_above(const std::vector<Row>& lines, const Frame& whole) {
  auto frame = visible_part(whole);
  if (!is_shown_ && frame.rows.empty()) return write(lines_of(lines));
  std::string out(begin_update);
  go_to_start(out);
  out += erase_from_here;
  out += "\x1b[?7h";
  out += lines_of(lines);
  out += "\x1b[?7l";
  forget();
  if (!frame.rows.empty()) {
    out += changes_to(frame);
    shown_ = std::move(frame);
    is_shown_ = true;
  }
  return write(out + std::string(end_update));
}

Result<void> Painter::leave() {
  if (!is_shown_) return {};
  std::string out;
  go_to_row(out, shown_.rows.empty() ? 0 : shown_.rows.size() - 1);
  out += "\r\n";
  forget();
  return write(out);
}

Result<void> Painter::clear() {
  if (!is_shown_) return {};
  std::string out;
  go_to_start(out);
  out += erase_from_here;
  forget();
  return write(out);
}

Result<void> Painter::clear_screen() {
  ERRAND_TRY(clear());
  return write("\x1b[H\x1b[2J");
}

// From the region's first, once the terminal has so many columns. In doubt fewer: a row too many would be one of the
// scrollback's.
std::size_t Painter::rows_above_cursor(std::size_t columns, const Resized& resized) const {
  if (row_ >= shown_.rows.size()) return row_;
  const auto was_cut = [&](std::size_t i) { return written_[i] > resized.shown_until; };
  const auto last = columns - 1;
  const auto told = resized.cursor_column;
  auto cursor = was_cut(row_) ? Cell{0, std::min(shown_.cursor_column, last)}
                              : cell_when_wrapped(shown_.rows[row_], shown_.cursor_column, columns);
  if (cursor.column == columns && told == 0U) cursor = {cursor.row + 1, 0};
  const bool is_elsewhere = told && std::min(*told, last) != std::min(cursor.column, last);
  if (is_elsewhere && !was_cut(row_) && shown_.cursor_column >= columns) return row_;  // it cuts them
  auto out = cursor.row;
  for (std::size_t i = 0; i < row_; ++i) out += was_cut(i) ? 1 : rows_when_wrapped(shown_.rows[i], columns);
  return out;
}

Result<void> Painter::resize(Size size, const Resized& resized) {
  const auto columns = std::max<std::size_t>(size.columns, 1);
  if (is_shown_ && on_narrowing_ == OnNarrowing::wraps) row_ = rows_above_cursor(columns, resized);
  row_ = std::min(row_, std::max<std::size_t>(size.rows, 1) - 1);
  size_ = size;
  return clear();
}

void Painter::forget() {
  shown_ = {};
  written_.clear();
  is_shown_ = false;
  row_ = 0;
}

}  // namespace errand::terminal
