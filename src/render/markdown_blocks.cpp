#include "render/markdown_blocks.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/unicode.hpp"

namespace errand::render {

namespace {

constexpr std::size_t tab_stop = 4;
constexpr std::size_t indented_code = 4;
// Deeper ones are text: no one reads them, and each takes columns.
constexpr std::size_t max_containers = 12;

std::string without_tabs(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c != '\t') {
      out += c;
    } else {
      out.append(tab_stop - out.size() % tab_stop, ' ');
    }
  }
  return out;
}

// Between two lines of a paragraph. Blanks beside the break, so that md4c takes it for one.
std::string joint(char ends) {
  if (ends == hard_break) return {' ', hard_break, ' '};
  return ends == '\0' ? std::string{} : std::string(1, ends);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// "- - -", "***", "___"
bool is_rule(std::string_view rest) {
  if (rest.empty() || std::string_view("-*_").find(rest[0]) == std::string_view::npos) return false;
  const auto count = std::ranges::count(rest, rest[0]);
  return count >= 3 && rest.find_first_not_of(std::string{rest[0], ' '}) == std::string_view::npos;
}

std::size_t heading_level(std::string_view rest) {
  const auto level = std::min(rest.find_first_not_of('#'), rest.size());
  if (level == 0 || level > 6 || (level < rest.size() && rest[level] != ' ')) return 0;
  return level;
}

std::string_view heading_text(std::string_view rest, std::size_t level) {
  auto text = text::trim(rest.substr(level));
  const auto end = text.find_last_not_of('#');
  if (end == std::string_view::npos) return {};
  if (end + 1 < text.size() && text[end] == ' ') text = text::trim(text.substr(0, end));
  return text;
}

// "div" of "<div class=x>" and of "</div>"; empty where none begins.
std::string_view tag_name(std::string_view rest) {
  const std::size_t from = rest.starts_with("</") ? 2 : 1;
  if (rest.size() <= from) return {};
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  const auto end = std::min(rest.find_first_not_of(letters, from), rest.size());
  const bool ends = end == rest.size() || std::string_view(" >/").find(rest[end]) != std::string_view::npos;
  return ends && end > from && !is_digit(rest[from]) ? rest.substr(from, end - from) : std::string_view{};
}

// Tags that begin HTML wherever text follows them (CommonMark 4.6, the sixth kind).
bool is_block_tag(std::string_view name) {
  static constexpr std::string_view names[] = {
      "address", "article", "aside",   "base",     "blockquote", "body", "caption", "center",   "col",
      "dd",      "details", "dialog",  "dir",      "div",        "dl",   "dt",      "fieldset", "figcaption",
      "figure",  "footer",  "form",    "frame",    "frameset",   "h1",   "h2",      "h3",       "h4",
      "h5",      "h6",      "head",    "header",   "hr",         "html", "iframe",  "legend",   "li",
      "link",    "main",    "menu",    "menuitem", "nav",        "ol",   "option",  "p",        "param",
      "section", "source",  "summary", "table",    "tbody",      "td",   "tfoot",   "th",       "thead",
      "title",   "tr",      "track",   "ul"};
  return std::ranges::find(names, text::lower(name)) != std::end(names);
}

// Whose content is no text.
bool is_raw_tag(std::string_view name) {
  static constexpr std::string_view names[] = {"pre", "script", "style", "textarea"};
  return std::ranges::find(names, text::lower(name)) != std::end(names);
}

}  // namespace

std::size_t MarkdownBlocks::Cursor::indent() const {
  return std::min(rest().find_first_not_of(' '), rest().size());
}

void MarkdownBlocks::add(std::string_view text, Piece piece) {
  if (add_to_open_line(text, piece)) return;
  add_line(text);
  code_line_goes_on_ = piece != Piece::line_end && leaf<Verbatim>() != nullptr;
  if (auto* paragraph = leaf<Paragraph>()) {
    paragraph->piece = piece;
    if (piece != Piece::line_end) paragraph->ends = '\0';
    give_away(*paragraph);
  }
}

// The rest of a line whose beginning a paragraph or a code block has.
bool MarkdownBlocks::add_to_open_line(std::string_view text, Piece piece) {
  if (auto* code = leaf<Verbatim>(); code != nullptr && code_line_goes_on_) {
    code_line(*code, without_tabs(text));
    code_line_goes_on_ = piece != Piece::line_end;
    return true;
  }
  auto* paragraph = leaf<Paragraph>();
  if (paragraph == nullptr || paragraph->piece == Piece::line_end) return false;
  if (paragraph->piece == Piece::at_blank) paragraph->text += ' ';
  paragraph->text += without_tabs(piece == Piece::line_end ? text::trim_end(text) : text);
  paragraph->piece = piece;
  paragraph->ends = piece == Piece::line_end ? ' ' : '\0';
  give_away(*paragraph);
  return true;
}

void MarkdownBlocks::add_line(std::string_view raw) {
  const auto text = without_tabs(raw);
  Cursor cursor{text};
  const auto matched = match_containers(cursor);
  if (matched == containers_.size() && verbatim_line(cursor)) return;
  if (cursor.blank()) return blank_line(matched);
  content(cursor, matched);
}

std::size_t MarkdownBlocks::match_containers(Cursor& cursor) const {
  std::size_t matched = 0;
  for (const auto& container : containers_) {
    const auto indent = cursor.indent();
    if (const auto* item = std::get_if<Item>(&container.kind)) {
      if (!cursor.blank() && indent < item->indent) break;
      cursor.skip(std::min(indent, item->indent));
    } else {
      if (indent >= indented_code || !cursor.rest().substr(indent).starts_with('>')) break;
      cursor.skip(indent + 1);
      if (cursor.rest().starts_with(' ')) cursor.skip(1);
    }
    ++matched;
  }
  return matched;
}

void MarkdownBlocks::blank_line(std::size_t matched) {
  if (matched < containers_.size()) close_to(matched);
  close_leaf();
  blank_before_ = true;
}

// Lines that a code block, maths or HTML keeps. False: the line is none of its.
bool MarkdownBlocks::verbatim_line(Cursor& cursor) {
  auto* code = leaf<Verbatim>();
  if (code == nullptr) return false;
  const auto indent = cursor.indent();
  if (code->kind == Verbatim::Kind::indented) {
    if (cursor.blank()) {
      ++code->blank;
      return true;
    }
    if (indent < indented_code) return false;
    for (; code->blank > 0; --code->blank) code_line(*code, {});
    code_line(*code, cursor.rest().substr(indented_code));
    return true;
  }
  const auto trimmed = text::trim(cursor.rest());
  if (code->kind == Verbatim::Kind::html || code->kind == Verbatim::Kind::tags) {
    if (trimmed.empty()) return false;
    code_line(*code, cursor.rest());
    return true;
  }
  if (code->kind == Verbatim::Kind::math) {
    code_line(*code, cursor.rest());
    if (trimmed.ends_with(code->fence)) close_leaf();
    return true;
  }
  const bool closes = indent < indented_code && trimmed.starts_with(code->fence) &&
                      trimmed.find_first_not_of(code->fence[0]) == std::string_view::npos;
  if (closes) {
    close_leaf();
  } else {
    code_line(*code, cursor.rest().substr(std::min(indent, code->indent)));
  }
  return true;
}

void MarkdownBlocks::content(Cursor& cursor, std::size_t matched) {
  while (open_container(cursor, matched)) {
    if (cursor.blank()) return;
  }
  if (open_leaf(cursor, matched)) return;
  text_line(cursor, matched);
}

// A quote or a list item begins here. `matched` then counts it.
bool MarkdownBlocks::open_container(Cursor& cursor, std::size_t& matched) {
  const auto indent = cursor.indent();
  if (indent >= indented_code || matched >= max_containers) return false;
  const auto rest = cursor.rest().substr(indent);
  if (rest.starts_with('>')) {
    begin_leaf(matched);
    containers_.push_back({Quote{}, false});
    cursor.skip(indent + 1);
    if (cursor.rest().starts_with(' ')) cursor.skip(1);
    matched = containers_.size();
    return true;
  }
  return open_item(cursor, matched);
}

std::optional<MarkdownBlocks::Marker> MarkdownBlocks::marker_of(std::string_view rest) {
  Marker out;
  if (rest.empty()) return std::nullopt;
  if (std::string_view("-+*").find(rest[0]) != std::string_view::npos) {
    out.mark = rest[0];
    out.bytes = 1;
  } else {
    const auto digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    if (digits == 0 || digits > 9 || digits == rest.size() || (rest[digits] != '.' && rest[digits] != ')'))
      return std::nullopt;
    std::size_t number = 0;
    std::from_chars(rest.data(), rest.data() + digits, number);
    out.number = number;
    out.mark = rest[digits];
    out.bytes = digits + 1;
  }
  if (out.bytes < rest.size() && rest[out.bytes] != ' ') return std::nullopt;
  return out;
}

bool MarkdownBlocks::open_item(Cursor& cursor, std::size_t& matched) {
  const auto indent = cursor.indent();
  const auto rest = cursor.rest().substr(indent);
  if (is_rule(rest)) return false;
  const auto marker = marker_of(rest);
  if (!marker) return false;
  const bool empty = text::trim(rest.substr(marker->bytes)).empty();
  const bool interrupts = leaf<Paragraph>() != nullptr && matched == containers_.size();
  if (interrupts && (empty || marker->number.value_or(1) != 1)) return false;
  close_to(matched);
  close_leaf();
  auto bullet = bullet_of(*marker);
  cursor.skip(indent + marker->bytes);
  const auto blanks = cursor.indent();
  const auto taken = empty || blanks > indented_code ? 1 : blanks;
  containers_.push_back({Item{indent + marker->bytes + taken, std::move(bullet)}, false});
  cursor.skip(taken);
  matched = containers_.size();
  return true;
}

// The number follows that of the item before, whatever is written.
std::string MarkdownBlocks::bullet_of(const Marker& marker) {
  const auto depth = containers_.size();
  numbering_.resize(depth + 1);
  auto& last = numbering_[depth];
  const auto number = last && last->mark == marker.mark ? last->number + 1 : marker.number.value_or(0);
  last = Numbering{marker.mark, number};
  if (marker.number) return fmt::format("{}{} ", number, marker.mark);
  static constexpr std::string_view bullets[] = {"• ", "◦ ", "▪ "};
  const auto items = std::ranges::count_if(containers_, [](const Container& c) { return c.kind.index() == 1; });
  return std::string(bullets[std::min<std::size_t>(static_cast<std::size_t>(items), 2)]);
}

bool MarkdownBlocks::open_leaf(Cursor& cursor, std::size_t matched) {
  const auto indent = cursor.indent();
  const bool in_paragraph = leaf<Paragraph>() != nullptr;
  if (indent >= indented_code) {
    if (in_paragraph) return false;
    begin_leaf(matched);
    leaf_ = Verbatim{Verbatim::Kind::indented, {}, 0, 0, Highlighter()};
    code_line(*leaf<Verbatim>(), cursor.rest().substr(indented_code));
    return true;
  }
  const auto rest = cursor.rest().substr(indent);
  if (const auto level = heading_level(rest); level > 0) {
    begin_leaf(matched);
    heading(heading_text(rest, level), level);
    return true;
  }
  if (open_fence(rest, indent, matched) || end_as_heading(rest, matched) || become_table(rest, matched)) return true;
  if (is_rule(rest)) {
    begin_leaf(matched);
    std::string rule;
    for (std::size_t i = 0; i < columns(); ++i) rule += "─";
    put(std::vector<Line>{{Run{std::move(rule), {Style::rule, 0, {}}}}});
    return true;
  }
  if (open_math(rest, matched)) return true;
  return !in_paragraph && open_html(cursor, matched);
}

// A tag that has text behind it and begins no block ("<br>text", "<kbd>") begins a paragraph. "<https://…>" is a link.
bool MarkdownBlocks::open_html(const Cursor& cursor, std::size_t matched) {
  const auto rest = text::trim(cursor.rest());
  if (!rest.starts_with('<')) return false;
  auto kind = Verbatim::Kind::tags;
  if (rest.starts_with("<!") || rest.starts_with("<?")) {
    kind = Verbatim::Kind::html;
  } else {
    const auto name = tag_name(rest);
    if (name.empty()) return false;
    if (is_raw_tag(name))
      kind = Verbatim::Kind::html;
    else if (!is_block_tag(name) && rest.find('>') != rest.size() - 1)
      return false;
  }
  begin_leaf(matched);
  leaf_ = Verbatim{kind, {}, 0, 0, Highlighter()};
  code_line(*leaf<Verbatim>(), cursor.rest());
  return true;
}

bool MarkdownBlocks::open_fence(std::string_view rest, std::size_t indent, std::size_t matched) {
  const auto fence = std::min(rest.find_first_not_of(rest[0]), rest.size());
  if ((rest[0] != '`' && rest[0] != '~') || fence < 3) return false;
  const auto info = text::trim(rest.substr(fence));
  if (rest[0] == '`' && info.find('`') != std::string_view::npos) return false;
  begin_leaf(matched);
  leaf_ = Verbatim{Verbatim::Kind::fence, std::string(rest.substr(0, fence)), indent, 0, Highlighter(info)};
  return true;
}

bool MarkdownBlocks::open_math(std::string_view rest, std::size_t matched) {
  const bool dollars = rest.starts_with("$$");
  if (!dollars && !rest.starts_with("\\[")) return false;
  const std::string close = dollars ? "$$" : "\\]";
  const auto inside = text::trim_end(rest.substr(2));
  if (inside.find(close) != std::string_view::npos && !inside.ends_with(close)) return false;
  if (!dollars && inside.find("](") != std::string_view::npos) return false;
  begin_leaf(matched);
  leaf_ = Verbatim{Verbatim::Kind::math, close, 0, 0, Highlighter()};
  code_line(*leaf<Verbatim>(), rest);
  if (inside.ends_with(close)) close_leaf();
  return true;
}

// "===" or "---" under a paragraph.
bool MarkdownBlocks::end_as_heading(std::string_view rest, std::size_t matched) {
  auto* paragraph = leaf<Paragraph>();
  if (paragraph == nullptr || paragraph->cut || matched < containers_.size()) return false;
  rest = text::trim_end(rest);
  if ((rest[0] != '=' && rest[0] != '-') || rest.find_first_not_of(rest[0]) != std::string_view::npos) return false;
  const auto text = std::move(paragraph->text);
  leaf_ = std::monostate{};
  heading(text, rest[0] == '=' ? 1 : 2);
  return true;
}

// A delimiter row makes the line above it a table's header; the lines before that stay a paragraph.
bool MarkdownBlocks::become_table(std::string_view rest, std::size_t matched) {
  auto* paragraph = leaf<Paragraph>();
  if (paragraph == nullptr || matched < containers_.size()) return false;
  auto aligns = parse_delimiter_row(rest);
  if (!aligns) return false;
  const auto header = parse_row(std::string_view(paragraph->text).substr(paragraph->last_line));
  if (header.size() != aligns->size()) return false;
  auto before = std::move(*paragraph);
  leaf_ = std::monostate{};
  before.text.resize(before.last_line);
  if (!text::trim(before.text).empty()) {
    close_paragraph(before);
    blank_before_ = true;
  }
  leaf_ = MarkdownTable(header, *std::move(aligns));
  leaf_started_ = false;
  return true;
}

// Goes on with a paragraph, also where the marks of its containers lack.
void MarkdownBlocks::text_line(Cursor& cursor, std::size_t matched) {
  const auto written = cursor.rest().substr(cursor.indent());
  const auto text = text::trim_end(written);
  auto* paragraph = leaf<Paragraph>();
  if (paragraph != nullptr) {
    paragraph->text += joint(paragraph->ends);
    paragraph->last_line = paragraph->text.size();
  } else {
    if (auto* table = leaf<MarkdownTable>(); table != nullptr && matched == containers_.size()) {
      put(table->add(parse_row(text), canvas_, columns()));
      return;
    }
    begin_leaf(matched);
    leaf_ = Paragraph{};
    paragraph = leaf<Paragraph>();
  }
  paragraph->text += text;
  paragraph->ends = ' ';
  if (written.size() >= text.size() + 2) paragraph->ends = hard_break;
  if (text.ends_with('\\') && !text.ends_with("\\\\")) {
    paragraph->text.pop_back();
    paragraph->ends = hard_break;
  }
}

// A leaf or quote begins below the first `matched` containers.
void MarkdownBlocks::begin_leaf(std::size_t matched) {
  close_to(matched);
  close_leaf();
  if (numbering_.size() > containers_.size()) numbering_.resize(containers_.size());
}

void MarkdownBlocks::close_to(std::size_t count) {
  if (count < containers_.size()) close_leaf();
  while (containers_.size() > count) {
    const auto& last = containers_.back();
    if (last.kind.index() == 1 && !last.started) put(std::vector<Line>{Line{}});  // an item without content
    containers_.pop_back();
  }
}

void MarkdownBlocks::close_leaf() {
  auto leaf = std::exchange(leaf_, std::monostate{});
  const bool started = std::exchange(leaf_started_, false);
  if (auto* paragraph = std::get_if<Paragraph>(&leaf)) {
    leaf_started_ = started;
    close_paragraph(*paragraph);
  } else if (auto* table = std::get_if<MarkdownTable>(&leaf)) {
    leaf_started_ = started;
    put(table->finish(canvas_, columns()));
  } else if (const auto* code = std::get_if<Verbatim>(&leaf)) {
    blank_before_ = blank_before_ || code->blank > 0;
  }
  leaf_started_ = false;
}

void MarkdownBlocks::finish() {
  close_to(0);
  close_leaf();
}

void MarkdownBlocks::finish_for_now() {
  if (auto* paragraph = leaf<Paragraph>()) paragraph->text = closed_for_now(paragraph->text);
  finish();
}

}  // namespace errand::render
