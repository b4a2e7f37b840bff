#include "render/markdown_table.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/text.hpp"

namespace errand::render {

namespace {

// More rows than a screen has lines need not wait for each other.
constexpr std::size_t max_held_rows = 64;
constexpr std::size_t max_held_bytes = 8192;
constexpr std::size_t max_columns = 64;
constexpr std::size_t least_column = 6;
constexpr std::size_t gap = 3;  // " │ "

const Look rule_look{Style::rule, 0, {}};

Line blanks(std::size_t n) {
  if (n == 0) return {};
  return {Run{std::string(n, ' '), {}}};
}

std::string repeated(std::string_view what, std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i) out += what;
  return out;
}

std::vector<Line> cell_lines(const std::string& cell, const Look& look, const Canvas& canvas, std::size_t columns) {
  std::vector<Line> out;
  for (auto& wrapped : wrap(parse_inline(cell, look, canvas), columns)) out.push_back(std::move(wrapped.line));
  return out;
}

std::size_t width_of(const std::string& cell, const Look& look, const Canvas& canvas) {
  std::size_t out = 0;
  for (const auto& line : cell_lines(cell, look, canvas, 1000)) out = std::max(out, width(line));
  return out;
}

Line padded(const Line& text, std::size_t columns, CellAlign align) {
  const auto used = std::min(width(text), columns);
  const auto free = columns - used;
  const auto left = align == CellAlign::right ? free : align == CellAlign::center ? free / 2 : 0;
  Line out = blanks(left);
  append(out, text);
  append(out, blanks(free - left));
  return out;
}

const Look header_look{Style::text, mark::bold, {}};

std::string with_breaks(std::string cell) {
  for (const auto* written : {"<br>", "<br/>", "<br />"}) {
    cell = text::replace_all(std::move(cell), written, std::string{' ', hard_break, ' '});
  }
  return cell;
}

}  // namespace

std::optional<std::vector<CellAlign>> parse_delimiter_row(std::string_view line) {
  const auto trimmed = text::trim(line);
  if (trimmed.find('-') == std::string_view::npos || trimmed.find('|') == std::string_view::npos) return std::nullopt;
  if (trimmed.find_first_not_of("|-: ") != std::string_view::npos) return std::nullopt;
  std::vector<CellAlign> out;
  for (const auto& cell : parse_row(trimmed)) {
    if (cell.empty() || cell.find_first_not_of(":-") != std::string::npos) return std::nullopt;
    const auto inside = cell.substr(1, cell.size() > 2 ? cell.size() - 2 : 0);
    if (cell == ":" || cell == "::" || inside.find(':') != std::string::npos) return std::nullopt;
    const bool left = cell.starts_with(':');
    const bool right = cell.ends_with(':');
    out.push_back(left && right ? CellAlign::center : right ? CellAlign::right : CellAlign::left);
  }
  if (out.empty() || out.size() > max_columns) return std::nullopt;
  return out;
}

std::vector<std::string> parse_row(std::string_view line) {
  line = text::trim(line);
  if (line.starts_with('|')) line.remove_prefix(1);
  std::vector<std::string> out(1);
  bool just_closed = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    just_closed = false;
    if (line[at] == '\\' && at + 1 < line.size() && line[at + 1] == '|') {
      out.back() += '|';
      ++at;
    } else if (line[at] == '|') {
      out.emplace_back();
      just_closed = true;
    } else {
      out.back() += line[at];
    }
  }
  if (just_closed) out.pop_back();
  for (auto& cell : out) cell = std::string(text::trim(cell));
  return out;
}

MarkdownTable::MarkdownTable(const std::vector<std::string>& header, std::vector<CellAlign> aligns)
    : aligns_(std::move(aligns)) {
  for (const auto& cell : header) header_.push_back(with_breaks(cell));
  header_.resize(aligns_.size());
}

std::vector<Line> MarkdownTable::add(Row row, const Canvas& canvas, std::size_t columns) {
  row.resize(aligns_.size());
  for (auto& cell : row) {
    held_bytes_ += cell.size();
    cell = with_breaks(std::move(cell));
  }
  rows_.push_back(std::move(row));
  if (layout_ == Layout::open && rows_.size() < max_held_rows && held_bytes_ < max_held_bytes) return {};
  if (layout_ == Layout::open) {
    decide(canvas, columns);
    auto out = head(canvas);
    for (auto& line : held(canvas)) out.push_back(std::move(line));
    return out;
  }
  return held(canvas);
}

std::vector<Line> MarkdownTable::finish(const Canvas& canvas, std::size_t columns) {
  if (layout_ != Layout::open) return held(canvas);
  decide(canvas, columns);
  auto out = head(canvas);
  for (auto& line : held(canvas)) out.push_back(std::move(line));
  return out;
}

// The widest column gives first.
void MarkdownTable::decide(const Canvas& canvas, std::size_t columns) {
  room_ = columns;
  widths_.assign(aligns_.size(), 1);
  for (std::size_t i = 0; i < aligns_.size(); ++i) {
    widths_[i] = std::max(widths_[i], width_of(header_[i], header_look, canvas));
    for (const auto& row : rows_) widths_[i] = std::max(widths_[i], width_of(row[i], {}, canvas));
  }
  const auto gaps = gap * (aligns_.size() - 1);
  auto total = std::accumulate(widths_.begin(), widths_.end(), gaps);
  while (total > columns) {
    const auto widest = std::ranges::max_element(widths_);
    if (*widest <= least_column) break;
    --*widest;
    --total;
  }
  layout_ = total <= columns ? Layout::grid : Layout::records;
}

std::vector<Line> MarkdownTable::head(const Canvas& canvas) const {
  if (layout_ == Layout::records) return {};
  auto out = lines_of(header_, header_look, canvas);
  Line rule;
  for (std::size_t i = 0; i < widths_.size(); ++i) {
    if (i > 0) append(rule, Run{"─┼─", rule_look});
    append(rule, Run{repeated("─", widths_[i]), rule_look});
  }
  out.push_back(std::move(rule));
  return out;
}

std::vector<Line> MarkdownTable::held(const Canvas& canvas) {
  std::vector<Line> out;
  for (const auto& row : std::exchange(rows_, {})) {
    if (layout_ == Layout::records && std::exchange(any_record_, true)) out.emplace_back();
    for (auto& line : layout_ == Layout::grid ? lines_of(row, {}, canvas) : record_of(row, canvas))
      out.push_back(std::move(line));
  }
  if (layout_ == Layout::records && !any_record_) out = record_of(Row(aligns_.size()), canvas);
  return out;
}

std::vector<Line> MarkdownTable::lines_of(const Row& row, const Look& look, const Canvas& canvas) const {
  std::vector<std::vector<Line>> cells;
  std::size_t height = 1;
  for (std::size_t i = 0; i < widths_.size(); ++i) {
    cells.push_back(cell_lines(row[i], look, canvas, widths_[i]));
    height = std::max(height, cells.back().size());
  }
  std::vector<Line> out(height);
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t i = 0; i < widths_.size(); ++i) {
      if (i > 0) append(out[y], Run{" │ ", rule_look});
      append(out[y], padded(y < cells[i].size() ? cells[i][y] : Line{}, widths_[i], aligns_[i]));
    }
    if (!out[y].empty() && out[y].back().look == Look{}) {
      out[y].back().text = std::string(text::trim_end(out[y].back().text));
    }
  }
  return out;
}

std::vector<Line> MarkdownTable::record_of(const Row& row, const Canvas& canvas) const {
  std::vector<Line> out;
  for (std::size_t i = 0; i < row.size(); ++i) {
    Line text = parse_inline(header_[i], header_look, canvas);
    text.push_back(Run{": ", header_look});
    for (const auto& run : parse_inline(row[i], {}, canvas)) text.push_back(run);
    for (auto& wrapped : wrap(text, room_)) out.push_back(std::move(wrapped.line));
  }
  return out;
}

}  // namespace errand::render
