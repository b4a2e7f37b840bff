// The part of MarkdownBlocks that lays out what the other part found.
#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "base/unicode.hpp"
#include "render/markdown_blocks.hpp"

namespace errand::render {

namespace {

// A paragraph that is longer gives its first lines away. More than fits a screen, little enough to lay out 50 times a
// second.
constexpr std::size_t max_paragraph_bytes = 4096;
// What deep containers leave for text.
constexpr std::size_t least_columns = 10;
constexpr std::size_t code_indent = 2;

constexpr std::string_view quote_bar = "│ ";

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

void drop_blanks_at_end(Line& line) {
  while (!line.empty()) {
    line.back().text = std::string(text::trim_end(line.back().text));
    if (!line.back().text.empty()) return;
    line.pop_back();
  }
}

}  // namespace

// What stands before a leaf's lines: bars, bullets and blanks of the containers, as far as there is room.
Line MarkdownBlocks::prefix() const {
  const auto room = canvas_.columns > least_columns + 2 ? canvas_.columns - least_columns : 2;
  Line out;
  std::size_t used = 0;
  for (const auto& container : containers_) {
    const auto* item = std::get_if<Item>(&container.kind);
    const auto bullet = item == nullptr ? quote_bar : std::string_view(item->bullet);
    const auto taken = unicode::width(bullet);
    if (used + taken > room) continue;
    used += taken;
    if (item == nullptr) {
      append(out, Run{std::string(bullet), {Style::quote, 0, {}}});
    } else if (!container.started) {
      append(out, Run{std::string(bullet), {Style::bullet, 0, {}}});
    } else {
      append(out, Run{std::string(taken, ' '), {}});
    }
  }
  return out;
}

std::size_t MarkdownBlocks::columns() const {
  const auto taken = width(prefix());
  return canvas_.columns > taken + 2 ? canvas_.columns - taken : 2;
}

// A blank line where the source has one, inside of the quotes that go on.
void MarkdownBlocks::separate() {
  if (!std::exchange(blank_before_, false) || !any_output_) return;
  Line line;
  for (const auto& container : containers_) {
    if (!container.started) break;
    const auto* item = std::get_if<Item>(&container.kind);
    append(line, item == nullptr ? Run{std::string(quote_bar), {Style::quote, 0, {}}}
                                 : Run{std::string(unicode::width(item->bullet), ' '), {}});
  }
  drop_blanks_at_end(line);
  out_.push_back(paint(line, canvas_.theme));
}

void MarkdownBlocks::put(std::vector<Line> lines) {
  if (lines.empty()) return;
  if (!std::exchange(leaf_started_, true)) separate();
  for (auto& line : lines) {
    Line whole = prefix();
    append(whole, line);
    drop_blanks_at_end(whole);
    out_.push_back(paint(whole, canvas_.theme));
    any_output_ = true;
    for (auto& container : containers_) container.started = true;
  }
  if (leaf_.index() == 0) leaf_started_ = false;
}

void MarkdownBlocks::put(const std::vector<WrappedLine>& lines) {
  std::vector<Line> plain;
  plain.reserve(lines.size());
  for (const auto& wrapped : lines) plain.push_back(wrapped.line);
  put(std::move(plain));
}

// Most who write HTML into Markdown mean what stands between the tags to be Markdown.
void MarkdownBlocks::tags_line(std::string_view text) {
  const auto written = std::min(text.find_first_not_of(' '), text.size());
  const auto indent = std::min(written, columns() / 2);
  std::vector<Line> lines;
  for (const auto& wrapped : wrap(parse_inline(text.substr(written), {}, canvas_, Tags::apart), columns() - indent)) {
    Line line;
    append(line, Run{std::string(indent, ' '), {}});
    append(line, wrapped.line);
    lines.push_back(std::move(line));
  }
  put(std::move(lines));
}

void MarkdownBlocks::code_line(Verbatim& code, std::string_view text) {
  if (code.kind == Verbatim::Kind::tags) return tags_line(text);
  const auto indent = code.kind == Verbatim::Kind::html || code.kind == Verbatim::Kind::math ? 0 : code_indent;
  auto painted = code.highlighter.line(text);
  if (indent == 0) {
    for (auto& run : painted) run.look.style = code.kind == Verbatim::Kind::html ? Style::dim : Style::text;
  }
  std::vector<Line> lines;
  for (auto& piece : cut(painted, columns() > indent + 2 ? columns() - indent : 2)) {
    Line line;
    if (indent > 0 && !piece.empty()) line.push_back(Run{std::string(indent, ' '), {}});
    append(line, piece);
    lines.push_back(std::move(line));
  }
  put(std::move(lines));
}

void MarkdownBlocks::heading(std::string_view text, std::size_t level) {
  const bool in_new_item = !containers_.empty() && !containers_.back().started;
  if (!in_new_item) blank_before_ = true;
  const auto marks = level == 1 ? mark::underline : level == 2 ? std::uint8_t{0} : mark::italic;
  const Look look{Style::heading, marks, {}};
  Line line;
  if (!canvas_.theme.paints()) line.push_back(Run{std::string(level, '#') + " ", look});
  for (const auto& run : parse_inline(text, look, canvas_)) line.push_back(run);
  put(wrap(line, columns()));
}

void MarkdownBlocks::close_paragraph(const Paragraph& paragraph) {
  std::string_view text = paragraph.text;
  auto* item = containers_.empty() ? nullptr : std::get_if<Item>(&containers_.back().kind);
  if (item != nullptr && !containers_.back().started && text.size() > 3 && text[0] == '[' &&
      text.substr(2, 2) == "] ") {
    if (std::string_view(" xX").find(text[1]) != std::string_view::npos) {
      item->bullet = text[1] == ' ' ? "☐ " : "☑ ";
      text.remove_prefix(4);
    }
  }
  put(wrap(parse_inline(text, {}, canvas_), columns()));
}

// The lines of a long paragraph that what follows will hardly change: those before the last one that begins outside of
// all emphasis, with a letter, so that the rest is a paragraph again.
void MarkdownBlocks::give_away(Paragraph& paragraph) {
  if (paragraph.text.size() < max_paragraph_bytes) return;
  const auto lines = wrap(parse_inline(paragraph.text, {}, canvas_), columns());
  std::size_t kept = lines.size();
  std::size_t source = paragraph.text.size();
  for (auto i = lines.size(); i-- > 1;) {
    const auto at = lines[i].source;
    if (at == no_source || at >= paragraph.text.size() || !is_letter(paragraph.text[at])) continue;
    kept = i;
    source = at;
    break;
  }
  put(std::vector<WrappedLine>(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(kept)));
  paragraph.text.erase(0, source);
  paragraph.last_line = 0;
  paragraph.cut = true;
  if (paragraph.text.empty()) paragraph.ends = '\0';
}

}  // namespace errand::render
