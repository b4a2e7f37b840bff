#include "repl/editor/menu_view.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/graphemes.hpp"
#include "base/text.hpp"
#include "base/unicode.hpp"
#include "render/summary.hpp"

namespace errand::repl {

namespace {

using render::one_line;

constexpr std::size_t min_columns = 8;
constexpr std::size_t min_rows = 4;
constexpr std::size_t max_items = 12;
constexpr std::size_t max_preview_rows = 8;
constexpr std::size_t indent = 4;    // of what stands below the list
constexpr std::size_t min_note = 6;  // columns; a note that has fewer says nothing
constexpr std::string_view bold = "\x1b[1m";
constexpr std::string_view dim = "\x1b[2m";
constexpr std::string_view reversed = "\x1b[7m";
constexpr std::string_view plain = "\x1b[0m";

std::string styled(std::string_view text, std::string_view style, Styles styles) {
  if (styles == Styles::none || text.empty()) return std::string(text);
  return fmt::format("{}{}{}", style, text, plain);
}

// Cut between graphemes into lines of at most `columns`.
std::vector<std::string> cut_into(std::string_view text, std::size_t columns) {
  std::vector<std::string> out(1);
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = unicode::next_grapheme(text, at);
    const auto wide = unicode::grapheme_width(text.substr(at, end - at));
    if (width + wide > columns && width > 0) {
      out.emplace_back();
      width = 0;
    }
    out.back() += text.substr(at, end - at);
    width += wide;
    at = end;
  }
  return out;
}

// At blanks where that goes, so that words stay whole.
std::vector<std::string> wrapped(std::string_view line, std::size_t columns) {
  std::vector<std::string> out(1);
  for (const auto& word : text::split(line, ' ')) {
    auto& last = out.back();
    if (!last.empty() && unicode::width(last) + 1 + unicode::width(word) <= columns) {
      last += " " + word;
      continue;
    }
    auto pieces = cut_into(word, columns);
    if (last.empty()) out.pop_back();
    std::ranges::move(pieces, std::back_inserter(out));
  }
  return out;
}

std::size_t rows_for(terminal::Size size) {
  return std::max(size.rows > 2 ? size.rows - 2 : 0, min_rows);
}

class Layout {
 public:
  Layout(const MenuView& view, terminal::Size size, Styles styles)
      : view_(view), styles_(styles), columns_(std::max(size.columns, min_columns)), rows_(rows_for(size)) {
    for (std::size_t i = 0; i < view_.items.size(); ++i) names_ = std::max(names_, unicode::width(item(i).text));
    names_ = std::min(names_, columns_ * 2 / 3);
  }

  terminal::Frame frame() {
    const auto all = rows_;
    rows_ -= std::min(row_count(view_.about), all / 2);
    make_menu();
    const auto above = rows_in(view_.about, all - std::min(all, frame_.rows.size()), columns_);
    std::vector<terminal::Row> rows;
    for (const auto& row : above) rows.push_back(terminal::row_of(row));
    frame_.rows.insert(frame_.rows.begin(), rows.begin(), rows.end());
    frame_.cursor_row += rows.size();
    return std::move(frame_);
  }

 private:
  struct Item {
    std::string text;  // with pointer, number and mark
    std::string note;
  };

  void make_menu() {
    frame_ = frame_of(View{.prompt = view_.title, .text = view_.typed, .cursor = view_.cursor}, columns_, styles_);
    const auto head = std::min(frame_.rows.size(), rows_ - 1);
    if (frame_.rows.size() > head) frame_.rows.resize(head);
    frame_.cursor_row = std::min(frame_.cursor_row, head - 1);
    const auto below = lines_below();
    add_items(rows_ - head - below.size());
    const auto style = view_.notice.empty() ? dim : bold;
    for (const auto& line : below) add(styled(line, style, styles_), unicode::width(line));
  }

  void add(std::string text, std::size_t width) { frame_.rows.push_back({std::move(text), width}); }

  [[nodiscard]] Item item(std::size_t i) const {
    const auto& one = view_.items[i];
    auto before = fmt::format("{} ", i == view_.selected ? ">" : " ");
    if (!one.key.empty()) before += one.key + ". ";
    if (one.mark != MenuItem::Mark::none) before += one.mark == MenuItem::Mark::set ? "[x] " : "[ ] ";
    return {before + one_line(one.text), one_line(one.note)};
  }

  // Columns the note behind a text has; 0: it is not shown.
  [[nodiscard]] std::size_t note_room(std::size_t text) const {
    const auto used = std::max(names_, text) + 2;
    return used + min_note > columns_ ? 0 : columns_ - used;
  }

  void add_item(std::size_t i) {
    const auto [text, note] = item(i);
    const auto shown = text::ellipsize(text, columns_);
    const auto width = unicode::width(shown);
    const bool is_selected = i == view_.selected;
    auto row = styled(shown, is_selected ? reversed : std::string_view(), is_selected ? styles_ : Styles::none);
    const auto room = note_room(width);
    if (note.empty() || room == 0) return add(std::move(row), width);
    const auto gap = std::max(names_, width) - width + 2;
    const auto said = text::ellipsize(note, room);
    add(fmt::format("{}{}{}", row, std::string(gap, ' '), styled(said, dim, styles_)),
        width + gap + unicode::width(said));
  }

  void add_items(std::size_t room) {
    const auto count = view_.items.size();
    if (view_.is_line || room == 0) return;
    if (count == 0) return add(styled("  nothing fits", dim, styles_), 14);
    auto visible = std::min({count, room, max_items});
    if (visible < count && visible > 1 && visible == room) --visible;  // a row for how many more there are
    const auto selected = view_.selected < count ? view_.selected : 0;
    const auto first = selected < visible ? 0 : selected - visible + 1;
    const auto last = first + visible;
    for (auto i = first; i < last; ++i) add_item(i);
    if (visible == count || visible == room) return;
    const auto more = text::ellipsize(fmt::format("  {} of {}", selected + 1, count), columns_);
    add(styled(more, dim, styles_), unicode::width(more));
  }

  // What did not fit in the selected row.
  [[nodiscard]] std::string cut_off() const {
    if (view_.selected >= view_.items.size()) return {};
    const auto [text, note] = item(view_.selected);
    const auto name = unicode::width(text);
    const bool note_fits = note.empty() || unicode::width(note) <= note_room(name);
    const auto whole = one_line(view_.items[view_.selected].text);
    if (name > columns_) return note.empty() ? whole : whole + " - " + note;
    return note_fits ? std::string() : note;
  }

  // The hint and what is said of the selected item, the latter no longer than leaves half of the rows to the list.
  [[nodiscard]] std::vector<std::string> lines_below() const {
    const auto room = std::min(max_preview_rows, rows_ / 2 > 1 ? rows_ / 2 - 1 : 0);
    std::vector<std::string> out;
    const auto put = [&](std::string_view line) {
      for (const auto& piece : wrapped(line, columns_ - indent)) {
        if (out.size() < room) out.push_back(std::string(indent, ' ') + piece);
      }
    };
    if (!view_.notice.empty()) {
      put(one_line(view_.notice));
      return out;
    }
    if (const auto rest = cut_off(); !rest.empty()) put(rest);
    const auto preview = text::replace_all(unicode::sanitize(view_.preview), "\t", "  ");
    for (const auto& line : text::lines(preview)) put(line);
    if (!view_.hint.empty() && rows_ > 6) out.push_back(text::ellipsize("  " + one_line(view_.hint), columns_));
    return out;
  }

  const MenuView& view_;
  Styles styles_;
  std::size_t columns_;
  std::size_t rows_;
  std::size_t names_ = 0;  // columns of the longest text, or two thirds of all
  terminal::Frame frame_;
};

}  // namespace

std::size_t room_above(std::size_t menu_rows, terminal::Size size) {
  const auto all = rows_for(size);
  return std::max(all - std::min(all, menu_rows), all / 2);
}

terminal::Frame frame_of(const Subject& about, terminal::Size size) {
  terminal::Frame out;
  for (const auto& row : rows_in(about, rows_for(size), size.columns)) out.rows.push_back(terminal::row_of(row));
  out.cursor_row = out.rows.size();
  out.rows.emplace_back();
  return out;
}

terminal::Frame frame_of(const MenuView& view, terminal::Size size, Styles styles) {
  return Layout(view, size, styles).frame();
}

}  // namespace errand::repl
