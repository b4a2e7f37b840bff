#include "config/edit.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "chat/rule.hpp"
#include "config/definition_reader.hpp"
#include "config/drafts.hpp"
#include "config/edit_file.hpp"
#include "config/lock.hpp"
#include "config/yaml_edit.hpp"

namespace errand::config {

namespace {

using yaml::child;
using yaml::drop;
using yaml::in_quotes;
using yaml::indent_of;
using yaml::Kind;
using yaml::line_begin;
using yaml::Node;
using yaml::offset_of;
using yaml::with_lines;

tl::unexpected<Error> cant_edit(const YamlFile& file, yaml::Mark mark, std::string_view what) {
  return fail(Error{.kind = ErrorKind::config,
                    .message = fmt::format("can't add {} to this file without rewriting it", what),
                    .hint = "add it by hand",
                    .where = Location{file.shown, mark.line, mark.column},
                    .context = {}});
}

// --- YAML as it is written ---

// A block of lines where it reads as written; in quotes otherwise.
std::string block_or_quoted(const std::string& text, const std::string& indent) {
  const auto lines = text::lines(text);
  const bool is_plain = !lines.empty() && std::ranges::all_of(lines, [](const std::string& line) {
    return !line.empty() && line.front() != ' ' &&
           std::ranges::none_of(line, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  });
  if (!is_plain) return in_quotes(text);
  std::string out = text.ends_with('\n') ? "|" : "|-";
  for (const auto& line : lines) out += fmt::format("\n{}{}", indent, line);
  return out;
}

std::string agent_text(const NewAgent& agent, const std::string& indent) {
  const auto inner = indent + "  ";
  auto out = fmt::format("{}{}:\n", indent, agent.id);
  const auto description =
      agent.description.empty() ? std::string("What this agent is for, in one line") : agent.description;
  out += fmt::format("{}description: {}\n", inner, in_quotes(description));
  if (!agent.model.empty()) out += fmt::format("{}model: {}\n", inner, in_quotes(agent.model));
  const auto prompt = agent.system_prompt.empty() ? std::string("Say here how it should work.\n") : agent.system_prompt;
  out += fmt::format("{}system_prompt: {}\n", inner, block_or_quoted(prompt, inner + "  "));
  return out;
}

std::size_t end_of_value(const YamlFile& file, std::string_view name) {
  const auto key = std::ranges::find(file.root.keys, name, &yaml::Key::name);
  return yaml::end_of_entry(file.text, file.root, static_cast<std::size_t>(key - file.root.keys.begin()),
                            file.text.size());
}

// --- a new agent ---

Result<std::string> with_agent(const YamlFile& file, const NewAgent& agent) {
  const auto& root = file.root;
  if (root.kind == Kind::null) return with_lines(file.text, file.text.size(), "agents:\n" + agent_text(agent, "  "));
  if (root.kind != Kind::map || root.flow || root.keys.empty()) return cant_edit(file, root.mark, "an agent");
  const auto* agents = root.find("agents");
  const auto blank = std::string("\n");
  if (agents == nullptr)
    return with_lines(file.text, file.text.size(), blank + agent_text(agent, indent_of(root.keys.front())));
  if (agents->kind != Kind::map || agents->flow || agents->keys.empty())
    return cant_edit(file, agents->mark, "an agent");
  return with_lines(file.text, end_of_value(file, "agents"),
                    blank + agent_text(agent, indent_of(agents->keys.front())));
}

const Node& agents_in(const Node& root) {
  const auto* wrapper = root.find("agents");
  return wrapper == nullptr ? root : *wrapper;
}

// The tree with the agent taken out again must be the tree that was.
bool is_only_added(const Node& before, Node after, const std::string& id) {
  auto& agents = after.find("agents") == nullptr
                     ? after
                     : after.items[static_cast<std::size_t>(after.find("agents") - after.items.data())];
  const auto key = std::ranges::find(agents.keys, id, &yaml::Key::name);
  if (key == agents.keys.end()) return false;
  agents.items.erase(agents.items.begin() + (key - agents.keys.begin()));
  agents.keys.erase(key);
  if (before.kind == Kind::null) return agents.keys.empty() && after.keys.size() == 1;
  return yaml::show(before) == yaml::show(after);
}

Result<Location> place_of_agent(const Node& root, const YamlFile& file, const std::string& id) {
  const auto& agents = agents_in(root);
  const auto key = std::ranges::find(agents.keys, id, &yaml::Key::name);
  if (key == agents.keys.end()) return cant_edit(file, root.mark, "an agent");
  return Location{file.shown, key->mark.line, key->mark.column};
}

// --- an allow rule ---

// Puts an item into a list that stands in the text.
Result<std::string> with_item(const YamlFile& file, const Node& list, const std::string& item) {
  if (list.kind != Kind::list) return cant_edit(file, list.mark, "a rule");
  auto out = file.text;
  if (list.flow) {
    out.insert(offset_of(out, list.mark) + 1, item + (list.items.empty() ? "" : ", "));
    return out;
  }
  const auto line = list.items.back().mark.line;
  const auto begin = line_begin(out, line);
  const auto dash = out.find('-', begin);
  return with_lines(file.text, line_begin(out, line + 1),
                    fmt::format("{}- {}\n", out.substr(begin, dash - begin), item));
}

Result<std::string> with_allow_rule(const YamlFile& file, const std::string& rule) {
  const auto item = in_quotes(rule);
  const auto& root = file.root;
  if (root.kind == Kind::null || (root.kind == Kind::map && !root.flow && root.find("permissions") == nullptr)) {
    const auto indent = root.keys.empty() ? std::string() : indent_of(root.keys.front());
    const auto blank = file.text.empty() ? "" : "\n";
    return with_lines(file.text, file.text.size(),
                      fmt::format("{0}{1}permissions:\n{1}  allow:\n{1}    - {2}\n", blank, indent, item));
  }
  const auto* permissions = root.find("permissions");
  if (permissions == nullptr || permissions->kind != Kind::map) return cant_edit(file, root.mark, "a rule");
  if (const auto* allow = permissions->find("allow")) return with_item(file, *allow, item);
  if (permissions->flow) {
    auto out = file.text;
    out.insert(offset_of(out, permissions->mark) + 1,
               fmt::format("allow: [{}]{}", item, permissions->keys.empty() ? "" : ", "));
    return out;
  }
  const auto& first = permissions->keys.front();
  const auto indent = indent_of(first);
  return with_lines(file.text, line_begin(file.text, first.mark.line),
                    fmt::format("{0}allow:\n{0}  - {1}\n", indent, item));
}

const Node* find_rule(const Node& root, std::string_view rule) {
  const auto* permissions = root.find("permissions");
  const auto* allow = permissions == nullptr ? nullptr : permissions->find("allow");
  if (allow == nullptr) return nullptr;
  const auto found = std::ranges::find_if(
      allow->items, [&](const Node& item) { return item.kind == Kind::scalar && item.text == rule; });
  return found == allow->items.end() ? nullptr : &*found;
}

// The tree with the rule taken out again, and with it what had to be made for it, must be the tree that was.
bool is_only_rule_added(const Node& before, Node after, std::string_view rule) {
  if (find_rule(after, rule) == nullptr) return false;
  auto& permissions = child(after, "permissions");
  auto& allow = child(permissions, "allow");
  std::erase_if(allow.items, [&](const Node& item) { return item.text == rule; });
  const auto* old = before.find("permissions");
  if (old == nullptr || old->find("allow") == nullptr) drop(permissions, "allow");
  if (old == nullptr) drop(after, "permissions");
  if (before.kind == Kind::null) return after.keys.empty();
  return yaml::show(before) == yaml::show(after);
}

}  // namespace

Result<Location> new_agent(const Configuration& config, const NewAgent& agent) {
  if (!is_definition_id(agent.id)) {
    return fail(ErrorKind::config, fmt::format("\"{}\" is no id for an agent", agent.id),
                "use a-z, 0-9 and -, at most 63 of them, a letter or digit first");
  }
  ERRAND_TRY_ASSIGN(const auto held, lock_directory(config.project.root));
  ERRAND_TRY_ASSIGN(const auto file, open_yaml_file(join_path(config.project.root, "agents.yaml"), config.sources));
  if (const auto* taken = agents_in(file.root).find(agent.id)) {
    return fail(Error{.kind = ErrorKind::config,
                      .message = fmt::format("there is an agent \"{}\" already", agent.id),
                      .hint = "choose another id, or edit that one",
                      .where = Location{file.shown, taken->mark.line, taken->mark.column},
                      .context = {}});
  }
  ERRAND_TRY_ASSIGN(const auto text, with_agent(file, agent));
  const auto root = parse_clean(text, file.shown);
  if (!root || !is_only_added(file.root, *root, agent.id)) return cant_edit(file, file.root.mark, "an agent");
  ERRAND_TRY(write_file_atomic(file.path, text));
  return place_of_agent(*root, file, agent.id);
}

Result<Location> save_allow_rule(const Sources& sources, std::string_view rule) {
  ERRAND_TRY(chat::parse_rule(rule, chat::RuleAction::allow, "always allow"));
  if (sources.user_config_dir.empty()) {
    return fail(ErrorKind::config, "there is no place to remember the rule", "set HOME or XDG_CONFIG_HOME");
  }
  ERRAND_TRY_ASSIGN(const auto held, lock_directory(sources.user_config_dir));
  ERRAND_TRY_ASSIGN(const auto file, open_yaml_file(join_path(sources.user_config_dir, "config.yaml"), sources));
  const auto place = [&](const Node& item) { return Location{file.shown, item.mark.line, item.mark.column}; };
  if (const auto* known = find_rule(file.root, rule)) return place(*known);
  ERRAND_TRY_ASSIGN(const auto text, with_allow_rule(file, std::string(rule)));
  const auto root = parse_clean(text, file.shown);
  if (!root || !is_only_rule_added(file.root, *root, rule)) return cant_edit(file, file.root.mark, "a rule");
  ERRAND_TRY(write_file_atomic(file.path, text, 0600));
  return place(*find_rule(*root, rule));
}

}  // namespace errand::config
