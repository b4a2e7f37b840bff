#include "config/yaml_edit.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"

namespace errand::config::yaml {

namespace {

// Nothing that a text says otherwise is taken on trust: whoever edits reads the result again and compares the trees.
constexpr std::size_t npos = std::string_view::npos;

// --- where a value ends ---

std::size_t behind_quotes(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (auto i = at + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (quote == '\'' && text.substr(i, 2) == "''") {
      ++i;
    } else if (text[i] == quote) {
      return i + 1;
    }
  }
  return npos;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool begins_comment(std::string_view text, std::size_t at) {
  return text[at] == '#' && (at == 0 || is_blank(text[at - 1]));
}

// Elsewhere a quote is a letter: `[it's]`.
bool begins_quotes(std::string_view text, std::size_t at) {
  if (text[at] != '"' && text[at] != '\'') return false;
  return at == 0 || is_blank(text[at - 1]) || std::string_view("[{,:").find(text[at - 1]) != npos;
}

std::size_t behind_brackets(std::string_view text, std::size_t at) {
  int depth = 0;
  for (auto i = at; i < text.size(); ++i) {
    if (text[i] == '[' || text[i] == '{') ++depth;
    if ((text[i] == ']' || text[i] == '}') && --depth == 0) return i + 1;
    if (begins_comment(text, i)) return npos;  // it may hold any
    if (!begins_quotes(text, i)) continue;
    i = behind_quotes(text, i);
    if (i == npos) return npos;
    --i;
  }
  return npos;
}

enum class Style { block, flow };

Style style_of(const Node& map) {
  return map.flow ? Style::flow : Style::block;
}

std::size_t behind_plain(std::string_view text, std::size_t at, Style around) {
  auto end = at;
  while (end < text.size() && text[end] != '\n' && text[end] != '\r') {
    if (around == Style::flow && std::string_view(",]}").find(text[end]) != npos) break;
    if (end > at && begins_comment(text, end)) break;
    ++end;
  }
  return at + text::trim_end(text.substr(at, end - at)).size();
}

// Of a value that stands on its key's line in quotes, in brackets or as it is.
std::size_t end_of_value(std::string_view text, const Node& value, Style around) {
  const auto at = offset_of(text, value.mark);
  if (at >= text.size()) return npos;
  if (value.flow) return behind_brackets(text, at);
  if (value.kind != Kind::scalar || std::string_view("|>&*!").find(text[at]) != npos) return npos;
  if (text[at] == '"' || text[at] == '\'') return behind_quotes(text, at);
  return behind_plain(text, at, around);
}

// Behind a byte order mark, which no mark counts.
std::size_t text_begin(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  return text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
}

// How the line before `at` ends, or the first one where there is none.
std::string newline_before(std::string_view text, std::size_t at) {
  auto newline = at == 0 ? npos : text.rfind('\n', at - 1);
  if (newline == npos) newline = text.find('\n');
  return newline != npos && newline > 0 && text[newline - 1] == '\r' ? "\r\n" : "\n";
}

// --- keys ---

std::string written_key(const std::string& name) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  };
  const bool begins = !name.empty() && name.front() != '-' && name.front() != '.';
  return begins && std::ranges::all_of(name, is_plain) ? name : in_quotes(name);
}

std::size_t index_of(const Node& map, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::find(map.keys, name, &Key::name) - map.keys.begin());
}

// `a: { b: { c: value } }`
std::string in_flow(std::span<const std::string> path, const std::string& value) {
  auto out = value;
  for (auto name = path.rbegin(); name != path.rend(); ++name) {
    out = fmt::format("{}: {}", written_key(*name), out);
    if (name + 1 != path.rend()) out = fmt::format("{{ {} }}", out);
  }
  return out;
}

std::string in_block(std::span<const std::string> path, const std::string& value, std::string indent) {
  std::string out;
  for (const auto& name : path) {
    out += fmt::format("{}{}:", indent, written_key(name));
    if (&name != &path.back()) out += '\n';
    indent += "  ";
  }
  return out + fmt::format(" {}\n", value);
}

// --- comments ---

// Behind the key and what follows it on its line, with the blanks before it; empty: there is none.
std::string_view comment_behind(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (begins_comment(line, i)) {
      const auto before = text::trim_end(line.substr(0, i)).size();
      return text::trim_end(line.substr(before));
    }
    if (!begins_quotes(line, i)) continue;
    i = behind_quotes(line, i);
    if (i == npos) return {};
    --i;
  }
  return {};
}

// What looks like one, also in quotes: no comment is worth less than a value.
bool may_hold_comment(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (begins_comment(text, i)) return true;
  }
  return false;
}

// --- steps ---

/// A map on the way, and where the text that may be its own ends.
struct Step {
  const Node* map = nullptr;
  std::size_t end = 0;
  const Key* key = nullptr;  ///< the one that it is the value of; nullptr: it is the root
};

// The maps that are there, outermost first.
std::vector<Step> steps_to(std::string_view text, const Node& root, std::span<const std::string> path) {
  std::vector<Step> out = {{&root, text.size()}};
  for (const auto& name : path.first(path.size() - 1)) {
    const auto [map, end, above] = out.back();
    const auto* next = map->kind == Kind::map ? map->find(name) : nullptr;
    if (next == nullptr) break;
    const auto index = index_of(*map, name);
    const auto next_end = next->flow || map->flow ? end : end_of_entry(text, *map, index, end);
    out.push_back({next, next_end, &map->keys[index]});
  }
  return out;
}

// A value that is more than what stands on its key's line. A comment there stays; others would go with the value.
std::optional<std::string> with_entry(const std::string& text, const Step& step, std::size_t index,
                                      const std::string& value) {
  const auto& key = step.map->keys[index];
  const auto begin = offset_of(text, key.mark);
  const auto end = end_of_entry(text, *step.map, index, step.end);
  if (begin >= end) return std::nullopt;
  const auto old = std::string_view(text).substr(begin, end - begin);
  const auto first = old.substr(0, old.find('\n'));
  if (may_hold_comment(old.substr(first.size()))) return std::nullopt;
  const auto entry = fmt::format("{}: {}{}", written_key(key.name), value, comment_behind(first));
  return text.substr(0, begin) + entry + newline_before(text, end) + text.substr(end);
}

std::optional<std::string> replaced(const std::string& text, const Step& step, const std::string& name,
                                    const std::string& value) {
  const auto index = index_of(*step.map, name);
  const auto& old = step.map->items[index];
  if (const auto end = end_of_value(text, old, style_of(*step.map)); end != npos) {
    const auto begin = offset_of(text, old.mark);
    return text.substr(0, begin) + value + text.substr(end);
  }
  if (step.map->flow) return std::nullopt;
  return with_entry(text, step, index, value);
}

std::optional<std::string> added_in_flow(const std::string& text, const Node& map, const std::string& entry) {
  const auto begin = offset_of(text, map.mark);
  auto end = behind_brackets(text, begin);
  if (end == npos) return std::nullopt;
  --end;
  const auto inner = text::trim_end(std::string_view(text).substr(begin + 1, end - begin - 1));
  const auto at = begin + 1 + inner.size();
  const auto before = inner.empty() ? " " : inner.ends_with(',') ? " " : ", ";
  return text.substr(0, at) + before + entry + " " + text.substr(end);
}

// Below a key that has nothing yet: comments, at most.
std::optional<std::string> added_below(const std::string& text, const Step& step, const Node& around,
                                       std::span<const std::string> path, const std::string& value) {
  if (around.flow) return std::nullopt;
  return with_lines(text, step.end, in_block(path, value, indent_of(*step.key) + "  "));
}

std::optional<std::string> added(const std::string& text, std::span<const Step> steps,
                                 std::span<const std::string> path, const std::string& value) {
  const auto& step = steps.back();
  const auto& map = *step.map;
  if (map.kind == Kind::null && steps.size() == 1) return with_lines(text, text.size(), in_block(path, value, ""));
  if (map.kind == Kind::null) return added_below(text, step, *steps[steps.size() - 2].map, path, value);
  if (map.kind != Kind::map) return std::nullopt;
  if (map.flow) return added_in_flow(text, map, in_flow(path, value));
  if (map.keys.empty()) return std::nullopt;
  const auto at = end_of_entry(text, map, map.keys.size() - 1, step.end);
  return with_lines(text, at, in_block(path, value, indent_of(map.keys.front())));
}

bool is_one_comma(std::string_view text) {
  return std::ranges::count(text, ',') == 1 &&
         std::ranges::all_of(text, [](char c) { return c == ',' || is_blank(c); });
}

// The text without what stands from `begin` to `end`, where `between`, which goes too, is no more than a comma.
std::optional<std::string> without_part(const std::string& text, std::size_t begin, std::size_t end,
                                        std::string_view between) {
  if (!is_one_comma(between)) return std::nullopt;
  return text.substr(0, begin) + text.substr(end);
}

std::optional<std::string> without_flow_entry(const std::string& text, const Node& map, std::size_t index) {
  const std::string_view view = text;
  if (map.keys.size() == 1) {
    const auto begin = offset_of(text, map.mark);
    const auto end = behind_brackets(text, begin);
    if (end == npos) return std::nullopt;
    return text.substr(0, begin) + "{}" + text.substr(end);
  }
  const auto key = offset_of(text, map.keys[index].mark);
  const auto end = end_of_value(text, map.items[index], Style::flow);
  if (end == npos) return std::nullopt;
  if (index + 1 < map.keys.size()) {
    const auto next = offset_of(text, map.keys[index + 1].mark);
    if (next < end) return std::nullopt;
    return without_part(text, key, next, view.substr(end, next - end));
  }
  const auto before = end_of_value(text, map.items[index - 1], Style::flow);
  if (before == npos || before > key) return std::nullopt;
  return without_part(text, before, end, view.substr(before, key - before));
}

}  // namespace

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::size_t line_begin(std::string_view text, int line) {
  auto at = text_begin(text);
  for (int i = 1; i < line; ++i) {
    const auto newline = text.find('\n', at);
    if (newline == npos) return text.size();
    at = newline + 1;
  }
  return at;
}

std::size_t offset_of(std::string_view text, Mark mark) {
  const auto before = static_cast<std::size_t>(std::max(0, mark.column - 1));
  return std::min(text.size(), line_begin(text, mark.line) + before);
}

std::string indent_of(const Key& key) {
  return std::string(static_cast<std::size_t>(std::max(0, key.mark.column - 1)), ' ');
}

std::size_t end_of_entry(std::string_view text, const Node& map, std::size_t index, std::size_t end) {
  const auto& key = map.keys[index];
  for (const auto& other : map.keys) {
    if (other.mark.line > key.mark.line) end = std::min(end, line_begin(text, other.mark.line));
  }
  const auto indent = static_cast<std::size_t>(std::max(0, key.mark.column - 1));
  const auto begin = line_begin(text, key.mark.line + 1);
  while (end > begin) {
    const auto last = text.rfind('\n', end - 2) + 1;  // 0 when there is none
    const auto line = text.substr(last, end - last);
    const auto first = line.find_first_not_of(" \t\r\n");
    const bool leads_over = first == npos || (line[first] == '#' && first <= indent);
    if (!leads_over) break;
    end = last;
  }
  return end;
}

std::string with_lines(const std::string& text, std::size_t at, std::string_view addition) {
  const auto newline = newline_before(text, at);
  std::string before = text.substr(0, at);
  if (at > text_begin(text) && !before.ends_with('\n')) before += newline;
  const auto lines = text::replace_all(text::replace_all(std::string(addition), "\r\n", "\n"), "\n", newline);
  return before + lines + text.substr(at);
}

Node& child(Node& map, std::string_view name) {
  return map.items[static_cast<std::size_t>(map.find(name) - map.items.data())];
}

void drop(Node& map, std::string_view name) {
  const auto at = map.find(name) - map.items.data();
  map.items.erase(map.items.begin() + at);
  map.keys.erase(map.keys.begin() + at);
}

std::optional<std::string> with_value(const std::string& text, const Node& root, std::span<const std::string> path,
                                      const std::string& value) {
  const auto steps = steps_to(text, root, path);
  const auto& last = steps.back();
  const auto left = path.subspan(steps.size() - 1);
  if (left.size() == 1 && last.map->kind == Kind::map && last.map->find(left.front()) != nullptr)
    return replaced(text, last, left.front(), value);
  return added(text, steps, left, value);
}

std::optional<std::string> without_value(const std::string& text, const Node& root, std::span<const std::string> path) {
  auto steps = steps_to(text, root, path);
  while (steps.size() > 1 && steps.back().map->keys.size() == 1) steps.pop_back();
  const auto& [map, end, key] = steps.back();
  const auto index = index_of(*map, path[steps.size() - 1]);
  if (index == map->keys.size()) return std::nullopt;
  if (map->flow) return without_flow_entry(text, *map, index);
  return text.substr(0, line_begin(text, map->keys[index].mark.line)) +
         text.substr(end_of_entry(text, *map, index, end));
}

}  // namespace errand::config::yaml
