#include "tool/html_text.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "tool/html_tree.hpp"
#include "tool/markdown_writer.hpp"

namespace errand::tool {

namespace {

// Beyond libxml2's own limit; so that recursion ends whatever it lets through.
constexpr int max_depth = 400;
// A page with scripts and less text than this shows itself only once they ran.
constexpr std::size_t little_text_bytes = 200;

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::ranges::find(names, name) != names.end();
}

bool is_dropped(std::string_view name) {
  constexpr std::array<std::string_view, 24> dropped = {"script", "style", "noscript", "svg",    "img",   "picture",
                                                        "video",  "audio", "canvas",   "iframe", "frame", "frameset",
                                                        "object", "embed", "template", "title",  "head",  "input",
                                                        "select", "map",   "source",   "track",  "link",  "meta"};
  return is_one_of(name, dropped);
}

bool is_block(std::string_view name) {
  constexpr std::array<std::string_view, 30> blocks = {
      "p",      "div",   "section",    "article", "main",   "header", "footer",   "nav",     "aside",   "ul",
      "ol",     "dl",    "dt",         "dd",      "figure", "form",   "fieldset", "address", "details", "summary",
      "hgroup", "table", "figcaption", "caption", "legend", "search", "menu",     "body",    "center",  "tr"};
  return is_one_of(name, blocks);
}

// What a page does not show to people a model should not read either.
bool is_hidden(const xmlNode& node) {
  if (has_attribute(node, "hidden")) return true;
  auto style = text::lower(attribute_of(node, "style"));
  std::erase(style, ' ');
  return style.find("display:none") != std::string::npos || style.find("visibility:hidden") != std::string::npos;
}

bool is_heading(std::string_view name) {
  return name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6';
}

template <class Use>
void each_child(const xmlNode& node, Use&& use) {
  if (node.type != XML_ELEMENT_NODE) return;
  for (const auto* child = node.children; child != nullptr; child = child->next) use(*child);
}

bool contains_element(const xmlNode& node, std::string_view name, int depth = 0) {
  if (depth > max_depth) return false;
  bool found = false;
  each_child(node, [&](const xmlNode& child) {
    found = found || name_of(child) == name || contains_element(child, name, depth + 1);
  });
  return found;
}

void collect_text(const xmlNode& node, std::string& out, int depth = 0) {
  if (depth > max_depth) return;
  out += content_of(node);
  const auto name = name_of(node);
  if (name == "br") out += '\n';
  each_child(node, [&](const xmlNode& child) {
    if (name_of(child) != "script" && name_of(child) != "style") collect_text(child, out, depth + 1);
  });
}

class Renderer {
 public:
  /// one_line: what it makes is put on one, so that marks at the start of lines mean nothing.
  enum class Mode { blocks, one_line };

  Renderer(const ResolveLink& resolve, Mode mode, int depth) : resolve_(resolve), mode_(mode), depth_(depth) {}

  void node(const xmlNode& node) {
    if (depth_ >= max_depth) return;
    ++depth_;
    if (node.type == XML_ELEMENT_NODE) {
      element(node);
    } else {
      out_.text(content_of(node));
    }
    --depth_;
  }

  std::string finish() { return out_.finish(); }

 private:
  void children(const xmlNode& parent) {
    each_child(parent, [this](const xmlNode& child) { node(child); });
  }

  void element(const xmlNode& node) {
    const auto name = name_of(node);
    if (is_dropped(name) || is_hidden(node)) return;
    if (name == "a") return link(node);
    if (name == "pre" || name == "textarea") return preformatted(node);
    if (name == "code" || name == "kbd" || name == "samp" || name == "tt") return code(node);
    if (name == "br") return out_.line_break();
    if (name == "hr") return block([&] { out_.token("---"); });
    if (name == "table" && !contains_element(node, "table")) return table(node);
    if (name == "blockquote") return block([&] { prefixed("> ", "> ", node); });
    if (name == "li") return item(node);
    if (is_heading(name)) return heading(node, name);
    if (name == "ul" || name == "ol") return list(node, name);
    if (name == "td" || name == "th") return block([&] { children(node); });
    if (is_block(name)) return block([&] { children(node); });
    children(node);
  }

  template <class Fill>
  void block(Fill&& fill) {
    out_.block_break();
    fill();
    out_.block_break();
  }

  void prefixed(std::string_view first, std::string_view others, const xmlNode& node) {
    auto place = out_.enter(first, others);
    children(node);
    out_.leave(std::move(place));
  }

  void heading(const xmlNode& node, std::string_view name) {
    const auto words = inline_text(node);
    if (words.empty()) return;
    if (mode_ == Mode::one_line) return block([&] { out_.token(words); });
    block([&] { out_.token(fmt::format("{} {}", std::string(static_cast<std::size_t>(name[1] - '0'), '#'), words)); });
  }

  // A list within a list follows its item at once.
  void list(const xmlNode& node, std::string_view name) {
    const bool nested = !numbers_.empty();
    nested ? out_.line_break() : out_.block_break();
    numbers_.push_back(name == "ol" ? 1 : 0);
    children(node);
    numbers_.pop_back();
    nested ? out_.line_break() : out_.block_break();
  }

  void item(const xmlNode& node) {
    std::string mark = "- ";
    if (!numbers_.empty() && numbers_.back() > 0) mark = fmt::format("{}. ", numbers_.back()++);
    if (mode_ == Mode::one_line) return block([&] { children(node); });
    out_.line_break();
    prefixed(mark, std::string(mark.size(), ' '), node);
    out_.line_break();
    out_.tighten();
  }

  void link(const xmlNode& node) {
    if (contains_element(node, "pre") || contains_element(node, "table")) return children(node);
    const auto words = inline_text(node);
    if (words.empty()) return;
    const auto url = resolve_(attribute_of(node, "href"));
    separate(node, Edge::first);
    out_.token(url.empty() ? words : fmt::format("[{}]({})", words, url));
    separate(node, Edge::last);
  }

  enum class Edge { first, last };

  // White space at an edge within an element stands outside of it.
  void separate(const xmlNode& node, Edge edge) {
    const auto* at = &node;
    for (int depth = 0; depth < max_depth && at->type == XML_ELEMENT_NODE && at->children != nullptr; ++depth) {
      at = edge == Edge::first ? at->children : at->last;
    }
    const auto words = content_of(*at);
    if (words.empty()) return;
    const auto outermost = edge == Edge::first ? words.substr(0, 1) : words.substr(words.size() - 1);
    if (text::trim(outermost).empty()) out_.text(" ");
  }

  void code(const xmlNode& node) {
    std::string raw;
    collect_text(node, raw);
    const auto words = collapsed(raw);
    if (words.empty()) return;
    separate(node, Edge::first);
    const std::string fence = words.find('`') == std::string::npos ? "`" : "``";
    out_.token(fence + words + fence);
    separate(node, Edge::last);
  }

  void preformatted(const xmlNode& node) {
    std::string raw;
    collect_text(node, raw);
    if (text::trim(raw).empty()) return;
    if (raw.starts_with('\n')) raw.erase(0, 1);
    const std::string fence = raw.find("```") == std::string::npos ? "```" : "~~~~~~";
    block([&] { out_.verbatim(fmt::format("{}\n{}\n{}", fence, text::trim_end(raw), fence)); });
  }

  void table(const xmlNode& node) {
    std::vector<std::vector<std::string>> rows;
    collect_rows(node, rows);
    std::size_t columns = 0;
    for (const auto& row : rows) columns = std::max(columns, row.size());
    if (columns == 0) return;
    if (columns == 1) return block([&] { children(node); });
    block([&] {
      for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i].resize(columns);
        out_.verbatim(fmt::format("| {} |", text::join(rows[i], " | ")));
        if (i == 0) out_.verbatim(fmt::format("|{}", text::replace_all(std::string(columns, '-'), "-", " --- |")));
      }
    });
  }

  void collect_rows(const xmlNode& node, std::vector<std::vector<std::string>>& rows) {
    each_child(node, [&](const xmlNode& child) {
      const auto name = name_of(child);
      if (is_hidden(child)) return;
      if (name == "caption") return block([&] { children(child); });
      if (name != "tr") return collect_rows(child, rows);
      std::vector<std::string> cells;
      each_child(child, [&](const xmlNode& cell) {
        const auto kind = name_of(cell);
        if (kind == "td" || kind == "th") cells.push_back(text::replace_all(inline_text(cell), "|", "\\|"));
      });
      if (!cells.empty()) rows.push_back(std::move(cells));
    });
  }

  // The node's content on one line.
  std::string inline_text(const xmlNode& node) {
    if (depth_ >= max_depth) return {};
    Renderer inner(resolve_, Mode::one_line, depth_ + 1);
    inner.children(node);
    return collapsed(inner.finish());
  }

  static std::string collapsed(std::string_view raw) {
    MarkdownWriter words;
    words.text(raw);
    auto out = words.finish();
    return std::string(text::trim(out));
  }

  const ResolveLink& resolve_;
  Mode mode_;
  MarkdownWriter out_;
  std::vector<int> numbers_;  // of the lists around: the next item's, 0 in those without
  int depth_;
};

const xmlNode* find_element(const xmlNode& node, std::string_view name, int depth = 0) {
  if (name_of(node) == name) return &node;
  const xmlNode* found = nullptr;
  if (depth > max_depth) return found;
  each_child(node, [&](const xmlNode& child) {
    if (found == nullptr) found = find_element(child, name, depth + 1);
  });
  return found;
}

std::string title_of(const xmlNode& root) {
  const auto* const title = find_element(root, "title");
  if (title == nullptr) return {};
  std::string raw;
  collect_text(*title, raw);
  MarkdownWriter words;
  words.text(raw);
  return std::string(text::trim(words.finish()));
}

}  // namespace

Result<PageText> html_to_text(std::string_view html, const ResolveLink& resolve) {
  ERRAND_TRY_ASSIGN(const auto tree, HtmlTree::parse(html));
  PageText page;
  page.is_cut = tree.is_cut();
  const auto* const root = tree.root();
  if (root == nullptr) return page;
  page.title = title_of(*root);
  Renderer renderer(resolve, Renderer::Mode::blocks, 0);
  renderer.node(*root);
  page.text = renderer.finish();
  page.needs_script = page.text.size() < little_text_bytes && find_element(*root, "script") != nullptr;
  return page;
}

}  // namespace errand::tool
