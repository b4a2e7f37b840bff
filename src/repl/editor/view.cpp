#include "repl/editor/view.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/graphemes.hpp"
#include "base/unicode.hpp"
#include "render/summary.hpp"

namespace errand::repl {

namespace {

constexpr std::size_t min_columns = 4;
constexpr std::size_t tab_columns = 4;
constexpr std::string_view dim = "\x1b[2m";
constexpr std::string_view reversed = "\x1b[7m";
constexpr std::string_view plain = "\x1b[0m";

// Folded pastes: U+10F000 … U+10FFFD, "\xF4\x8F\x80\x80" and on.
constexpr std::size_t max_folds = 0xFFD;

struct Piece {
  std::string text;
  std::size_t width = 0;
};

Piece shown(std::string_view grapheme) {
  if (grapheme == "\t") return {std::string(tab_columns, ' '), tab_columns};
  auto text = unicode::sanitize(grapheme);
  const auto width = text == grapheme ? unicode::grapheme_width(grapheme) : unicode::width(text);
  return {std::move(text), width};
}

// Puts pieces one after the other into rows that end where the terminal does.
class Rows {
 public:
  Rows(std::size_t columns, std::size_t indent) : columns_(columns), indent_(std::min(indent, columns / 2)) {}

  void put(const Piece& piece, std::string_view style = {}) {
    if (row_.width + piece.width > columns_ && row_.width > 0) next(0);
    row_.text += style;
    row_.text += piece.text;
    if (!style.empty()) row_.text += plain;
    row_.width += piece.width;
  }

  void put_text(std::string_view text, std::string_view style = {}) {
    for (std::size_t at = 0; at < text.size();) {
      const auto end = unicode::next_grapheme(text, at);
      put(shown(text.substr(at, end - at)), style);
      at = end;
    }
  }

  // A line end of the text; what follows stands below what the prompt began.
  void end_line() { next(indent_); }

  // Before what takes so many columns.
  void mark_cursor(std::size_t width) {
    if (row_.width + std::max<std::size_t>(width, 1) > columns_ && row_.width > 0) next(0);
    frame_.cursor_row = frame_.rows.size();
    frame_.cursor_column = row_.width;
  }

  [[nodiscard]] std::size_t room() const { return columns_ - std::min(row_.width, columns_); }

  terminal::Frame finish() {
    frame_.rows.push_back(std::move(row_));
    return std::move(frame_);
  }

 private:
  void next(std::size_t indent) {
    frame_.rows.push_back(std::move(row_));
    row_ = {std::string(indent, ' '), indent};
  }

  std::size_t columns_;
  std::size_t indent_;
  terminal::Frame frame_;
  terminal::Row row_;
};

void put_edited(Rows& rows, const View& view, std::string_view fold_style) {
  const std::string_view text = view.text;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = unicode::next_grapheme(text, at);
    if (at == view.cursor) rows.mark_cursor(text[at] == '\n' ? 1 : shown(text.substr(at, end - at)).width);
    if (const auto fold = fold_at(text.substr(at)); fold < view.pastes.size()) {
      rows.put_text(view.pastes[fold], fold_style);
    } else if (text[at] == '\n') {
      rows.end_line();
    } else {
      rows.put(shown(text.substr(at, end - at)));
    }
    at = end;
  }
  if (view.cursor >= text.size()) rows.mark_cursor(1);
}

std::string cut(const std::string& text, std::size_t columns) {
  if (unicode::width(text) <= columns) return text;
  return columns == 0 ? std::string() : unicode::prefix_of_width(text, columns - 1) + "…";
}

terminal::Row menu_row(const MenuLine& line, std::size_t name_columns, std::size_t columns, std::string_view style,
                       std::string_view note_style) {
  auto name = cut(unicode::sanitize(line.text), columns - 2);
  const auto width = unicode::width(name);
  std::string pad(width < name_columns ? name_columns - width : 0, ' ');
  const auto used = 2 + width + pad.size() + 2;
  const auto note = line.note.empty() || used + 4 > columns ? "" : cut(unicode::sanitize(line.note), columns - used);
  const std::string end(style.empty() ? "" : plain);
  terminal::Row row{fmt::format("  {}{}{}", style, name, end), 2 + width};
  if (note.empty()) return row;
  const std::string note_end(note_style.empty() ? "" : plain);
  row.text += fmt::format("{}  {}{}{}", pad, note_style, note, note_end);
  row.width = used + unicode::width(note);
  return row;
}

void add_menu(terminal::Frame& frame, const View& view, std::size_t columns, Styles styles) {
  const auto count = view.menu.size();
  const auto selected = view.selected < count ? view.selected : 0;
  const auto first = selected < max_menu_rows ? 0 : selected - max_menu_rows + 1;
  const auto last = std::min(count, first + max_menu_rows);
  std::size_t name_columns = 0;
  for (auto i = first; i < last; ++i) name_columns = std::max(name_columns, unicode::width(view.menu[i].text));
  name_columns = std::min(name_columns, columns / 2);
  for (auto i = first; i < last; ++i) {
    const bool is_selected = i == view.selected;
    auto line = view.menu[i];
    if (is_selected && styles == Styles::none) line.text += " <";
    frame.rows.push_back(menu_row(line, name_columns, columns,
                                  is_selected && styles == Styles::basic ? reversed : std::string_view(),
                                  styles == Styles::basic ? dim : std::string_view()));
  }
  if (last < count) {
    const auto more = fmt::format("  … {} more", count - last);
    if (more.size() <= columns) frame.rows.push_back({more, unicode::width(more)});
  }
}

}  // namespace

terminal::Row faint_row(std::string_view text, std::size_t columns, Styles styles) {
  const auto shown = render::one_line(text, columns);
  return terminal::row_of(styles == Styles::basic ? fmt::format("{}{}{}", dim, shown, plain) : shown);
}

std::string fold_mark(std::size_t number) {
  const auto c = 0x10F000U + std::min(number, max_folds - 1);
  return {'\xF4', static_cast<char>(0x80U | (c >> 12U & 0x3FU)), static_cast<char>(0x80U | (c >> 6U & 0x3FU)),
          static_cast<char>(0x80U | (c & 0x3FU))};
}

std::size_t fold_at(std::string_view s) {
  if (s.size() < 4 || s[0] != '\xF4' || s[1] != '\x8F') return View::no_line;
  const auto bits = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(s[i])) & 0x3FU; };
  const auto number = bits(2) << 6U | bits(3);
  return number < max_folds ? number : View::no_line;
}

terminal::Frame frame_of(const View& view, std::size_t columns, Styles styles) {
  columns = std::max(columns, min_columns);
  const std::string_view faint = styles == Styles::basic ? dim : std::string_view();
  Rows rows(columns, unicode::width(view.prompt));
  rows.put_text(view.prompt);
  put_edited(rows, view, faint);
  if (styles == Styles::basic && !view.ghost.empty() && rows.room() > 1) {
    const auto line = view.ghost.substr(0, view.ghost.find('\n'));
    rows.put_text(unicode::prefix_of_width(unicode::sanitize(line), rows.room()), dim);
  }
  auto frame = rows.finish();
  if (!view.status.empty()) {
    const auto status = cut(unicode::sanitize(view.status), columns);
    frame.rows.push_back({fmt::format("{}{}{}", faint, status, faint.empty() ? "" : plain), unicode::width(status)});
  }
  add_menu(frame, view, columns, styles);
  return frame;
}

}  // namespace errand::repl
