#include "config/front_matter.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/unicode.hpp"
#include "chat/tool_names.hpp"
#include "config/models.hpp"

namespace errand::config {

namespace {

using yaml::Node;

// The published format's limits, in characters.
constexpr std::size_t max_name = 64;
constexpr std::size_t max_description = 1024;
constexpr std::size_t max_compatibility = 500;

std::string_view without_end(std::string_view line) {
  return text::trim_end(line);
}

void add(std::vector<Error>& mistakes, Location where, std::string_view message, std::string_view hint) {
  mistakes.push_back({.kind = ErrorKind::config,
                      .message = unicode::sanitize(message),
                      .hint = unicode::sanitize(hint),
                      .where = std::move(where),
                      .context = {}});
}

std::size_t characters(std::string_view s) {
  return static_cast<std::size_t>(std::ranges::count_if(s, [](char c) { return !unicode::is_continuation(c); }));
}

// Lower-case letters, digits and single hyphens between them.
bool is_skill_name(std::string_view name) {
  if (name.empty() || name.size() > max_name || name.front() == '-' || name.back() == '-') return false;
  return name.find("--") == std::string_view::npos &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

// The text of a scalar key, empty when it is absent; another kind is a mistake.
std::string scalar_of(const Node& root, std::string_view key, const std::string& file, std::vector<Error>& mistakes) {
  const auto* node = root.find(key);
  if (node == nullptr || node->kind == yaml::Kind::null) return {};
  if (node->kind == yaml::Kind::scalar) return node->text;
  add(mistakes, {file, node->mark.line, node->mark.column},
      fmt::format("{} must be text, not {}", key, yaml::describe_kind(*node)), "");
  return {};
}

Location place_of(const Node& root, std::string_view key, const std::string& file) {
  const auto* node = root.find(key);
  return node == nullptr ? Location{file, 1, 1} : Location{file, node->mark.line, node->mark.column};
}

// `tools` is a list, or one line with commas.
std::vector<std::string> foreign_tools(const Node& node) {
  std::vector<std::string> out;
  const auto add_tool = [&](std::string_view written) {
    // "Bash(git:*)" names Bash; the rule is the other program's.
    const auto name = text::trim(written.substr(0, written.find('(')));
    const auto ours = chat::canonical_tool_name(name);
    const auto kept = ours.empty() && chat::is_mcp_tool(name) ? name : ours;
    if (!kept.empty() && std::ranges::find(out, kept) == out.end()) out.emplace_back(kept);
  };
  if (node.kind == yaml::Kind::scalar) {
    for (const auto& part : text::split(node.text, ',')) add_tool(part);
  }
  for (const auto& item : node.items) {
    if (item.kind == yaml::Kind::scalar) add_tool(item.text);
  }
  return out;
}

}  // namespace

FrontMatter parse_front_matter(std::string_view text, const std::string& file, std::vector<Error>& mistakes) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  const auto skipped = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  auto at = text.find('\n', skipped);
  if (at == std::string_view::npos || without_end(text.substr(skipped, at - skipped)) != "---") {
    add(mistakes, {file, 1, 1}, "the file does not begin with front matter",
        "write a line \"---\", then name and description, then \"---\"");
    return {};
  }
  const auto begin = at + 1;
  for (auto line = begin; line < text.size();) {
    const auto end = std::min(text.find('\n', line), text.size());
    if (without_end(text.substr(line, end - line)) == "---") {
      auto document = yaml::parse(text.substr(begin, line - begin), file, mistakes, 2);
      const bool is_map = document.root.kind == yaml::Kind::map;
      if (document.usable && !is_map)
        add(mistakes, {file, 2, 1}, "the front matter is no map of keys", "write name: and description:");
      return {std::move(document.root), std::min(end + 1, text.size()), document.usable && is_map};
    }
    line = end + 1;
  }
  add(mistakes, {file, 1, 1}, "the front matter is not closed", "end it with a line \"---\"");
  return {};
}

SkillText read_skill(std::string_view text, const std::string& file, std::string_view directory_name,
                     std::vector<Error>& mistakes) {
  const auto front = parse_front_matter(text, file, mistakes);
  if (!front.usable) return {};
  SkillText out;
  out.name = scalar_of(front.root, "name", file, mistakes);
  out.description = scalar_of(front.root, "description", file, mistakes);
  const auto name_at = place_of(front.root, "name", file);
  out.name_line = name_at.line;
  if (out.name.empty()) {
    add(mistakes, name_at, "the skill has no name", fmt::format("write name: {}", directory_name));
  } else if (!is_skill_name(out.name)) {
    add(mistakes, name_at, fmt::format("\"{}\" is no name for a skill", out.name),
        "use a-z, 0-9 and single hyphens between them, at most 64 characters");
  } else if (out.name != directory_name) {
    add(mistakes, name_at, fmt::format("the skill \"{}\" stands in a directory named \"{}\"", out.name, directory_name),
        "give both the same name");
  }
  const auto description_at = place_of(front.root, "description", file);
  if (text::trim(out.description).empty()) {
    add(mistakes, description_at, "the skill has no description", "say what it does and when to use it");
  } else if (characters(out.description) > max_description) {
    add(mistakes, description_at,
        fmt::format("the description has {} characters, more than {}", characters(out.description), max_description),
        "");
  }
  if (const auto compatibility = scalar_of(front.root, "compatibility", file, mistakes);
      characters(compatibility) > max_compatibility) {
    add(mistakes, place_of(front.root, "compatibility", file),
        fmt::format("compatibility has more than {} characters", max_compatibility), "");
  }
  return out;
}

DefinitionDraft read_markdown_subagent(std::string_view text, const std::string& file, std::vector<Error>& mistakes) {
  auto draft = blank_definition(DefinitionKind::subagent);
  const auto front = parse_front_matter(text, file, mistakes);
  if (!front.usable) return draft;
  auto& definition = draft.definition;
  definition.id = scalar_of(front.root, "name", file, mistakes);
  definition.name = definition.id;
  definition.description = scalar_of(front.root, "description", file, mistakes);
  definition.system_prompt = text::trim(text.substr(front.body_at));
  definition.origin = file;
  draft.where = place_of(front.root, "name", file);
  if (!is_definition_id(definition.id)) {
    add(mistakes, draft.where, fmt::format("\"{}\" is no name for a subagent", definition.id),
        "use a-z, 0-9 and -, a letter or digit first");
  }
  if (definition.description.empty()) add(mistakes, draft.where, "the subagent has no description", "");
  if (const auto* tools = front.root.find("tools"); tools != nullptr && tools->kind != yaml::Kind::null) {
    definition.tools = foreign_tools(*tools);
  }
  // "inherit", and models of the other program, are the parent's.
  if (const auto model = scalar_of(front.root, "model", file, mistakes); builtin_model_named(model))
    definition.models = {model};
  for (const auto* key : {"name", "description", "tools", "model"}) {
    const auto* node = front.root.find(key);
    if (node == nullptr) continue;
    draft.given.push_back({key, yaml::show(*node), GivenValue::Source::own, place_of(front.root, key, file)});
  }
  draft.given.push_back({"system_prompt", "the text below the front matter", GivenValue::Source::own, {file, 0, 0}});
  return draft;
}

}  // namespace errand::config
