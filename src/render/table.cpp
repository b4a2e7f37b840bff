#include "render/table.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include "base/text.hpp"
#include "base/unicode.hpp"

namespace errand::render {

namespace {

constexpr std::size_t gap = 2;
// A flexible column is not cut below this while others can give.
constexpr std::size_t readable_columns = 8;

std::string clean(std::string_view cell) {
  auto out = unicode::sanitize(cell);
  std::ranges::replace_if(
      out, [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return out;
}

std::string padded(const std::string& text, std::size_t width, Align align) {
  const auto used = unicode::width(text);
  const std::string blanks(width > used ? width - used : 0, ' ');
  return align == Align::left ? text + blanks : blanks + text;
}

// The widest column that may still be cut to `least`.
std::optional<std::size_t> widest(const std::vector<std::size_t>& widths, const std::vector<Column>& columns,
                                  std::optional<Fit> fit, std::size_t least) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    if (fit && columns[i].fit != *fit) continue;
    if (widths[i] > least && (!found || widths[i] > widths[*found])) found = i;
  }
  return found;
}

std::string tabbed(const std::vector<std::string>& row) {
  return text::join(row, "\t") + "\n";
}

}  // namespace

Layout layout_of(int fd, ColorChoice choice) {
  const auto medium = medium_of(fd);
  return {medium, columns_of(fd), decide_color(choice, color_variables(), medium)};
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (auto& cell : cells) cell = clean(cell);
  rows_.push_back(std::move(cells));
}

std::vector<std::size_t> Table::widths(std::size_t columns) const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    auto width = unicode::width(columns_[i].header);
    for (const auto& row : rows_) width = std::max(width, unicode::width(row[i]));
    out.push_back(std::min(width, columns));
  }
  const auto gaps = gap * (out.empty() ? 0 : out.size() - 1);
  auto total = std::accumulate(out.begin(), out.end(), gaps);
  while (total > columns) {
    auto victim = widest(out, columns_, Fit::flexible, readable_columns);
    if (!victim) victim = widest(out, columns_, std::nullopt, 1);
    if (!victim) break;
    --out[*victim];
    --total;
  }
  return out;
}

// What is cut so far tells nothing: no id that could be typed, no number.
bool Table::is_unreadable(const std::vector<std::size_t>& widths) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t needed = 0;
    for (const auto& row : rows_) needed = std::max(needed, unicode::width(row[i]));
    if (columns_[i].fit == Fit::flexible) needed = std::min(needed, readable_columns);
    if (widths[i] < needed) return true;
  }
  return false;
}

// A row as lines of "header value", the first without its header.
std::string Table::stacked(const std::vector<std::string>& row, std::size_t columns) const {
  constexpr std::size_t hang = 2;
  const auto room = columns > hang ? columns - hang : 1;
  std::string out;
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i].empty()) continue;
    const auto cell = text::ellipsize(i == 0 ? row[i] : columns_[i].header + " " + row[i], room);
    if (line.empty()) {
      line = cell;
    } else if (unicode::width(line) + gap + unicode::width(cell) <= columns) {
      line += std::string(gap, ' ') + cell;
    } else {
      out += line + "\n";
      line = std::string(hang, ' ') + cell;
    }
  }
  return out + line + "\n";
}

std::string Table::text(const Layout& layout) const {
  std::string out;
  if (rows_.empty()) return out;
  if (layout.medium == Medium::pipe) {
    for (const auto& row : rows_) out += tabbed(row);
    return out;
  }
  const auto width = widths(layout.columns);
  if (is_unreadable(width)) {
    for (const auto& row : rows_) out += stacked(row, layout.columns);
    return out;
  }
  const auto line_of = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) line.append(gap, ' ');
      line += padded(text::ellipsize(cells[i], width[i]), width[i], columns_[i].align);
    }
    return std::string(text::trim_end(line));
  };
  std::vector<std::string> headers;
  for (const auto& column : columns_) headers.push_back(column.header);
  out += paint(line_of(headers), Tone::strong, layout.color) + "\n";
  for (const auto& row : rows_) out += line_of(row) + "\n";
  return out;
}

}  // namespace errand::render
