#include <array>

#include <fmt/format.h>

#include "chat/hook.hpp"
#include "chat/rule.hpp"
#include "config/definition_reader.hpp"

// `hooks`: events, and for each a list of hooks, written flat or as the settings of Claude Code nest them. Variables
// stay as written: the hook's shell expands them.
namespace errand::config {

namespace {

using chat::Hook;
using yaml::Node;

constexpr std::chrono::milliseconds least_timeout{100};  // a shell takes some of it to start

void check_type(const Node& node, Hook&, Reader& reader) {
  const auto word = reader.text(node);
  if (word && *word != "command") reader.wrong_type(node, "command");
}

std::optional<std::string> read_matcher(const Node& node, Reader& reader) {
  auto matcher = reader.text(node);
  if (!matcher) return std::nullopt;
  if (auto compiled = chat::compile_matcher(*matcher); !compiled) {
    reader.mistake(std::move(compiled).error(), node.mark);
    return std::nullopt;
  }
  return matcher;
}

void set_matcher(const Node& node, Hook& hook, Reader& reader) {
  if (auto matcher = read_matcher(node, reader)) hook.matcher = *std::move(matcher);
}

void set_command(const Node& node, Hook& hook, Reader& reader) {
  if (auto command = reader.word(node)) hook.command = *std::move(command);
}

void set_timeout(const Node& node, Hook& hook, Reader& reader) {
  if (const auto timeout = reader.duration(node, least_timeout)) hook.timeout = *timeout;
}

void set_condition(const Node& node, Hook& hook, Reader& reader) {
  auto rule = reader.word(node);
  if (!rule) return;
  const auto event = chat::hook_event_named(hook.event);
  if (event && !chat::is_about_a_call(*event)) {
    return reader.mistake(node.mark, fmt::format("{} is about no call, so that no rule can fit", reader.name()),
                          "remove the key, or write the hook for PreToolUse or PostToolUse");
  }
  if (auto parsed = chat::parse_rule(*rule, chat::RuleAction::ask, {}); !parsed) {
    return reader.mistake(std::move(parsed).error(), node.mark);
  }
  hook.condition = *std::move(rule);
}

using HookKey = Key<Hook>;
constexpr HookKey type_key{"type", "command", "command", "", check_type};
constexpr HookKey command_key{"command", "command line", "", "", set_command};
constexpr HookKey timeout_key{"timeout", "duration", "10m", "", set_timeout};
constexpr HookKey condition_key{"if", "permission rule", "", "", set_condition};

constexpr std::array nested_keys = {type_key, command_key, timeout_key, condition_key};
constexpr std::array flat_keys = {HookKey{"matcher", "pattern of tool names", "", "", set_matcher}, type_key,
                                  command_key, timeout_key, condition_key};

// A matcher and the hooks it starts.
struct Group {
  Hook common;
  std::vector<Hook> hooks;
};

void read_hook(const Node& node, std::span<const HookKey> table, Hook hook, std::vector<Hook>& out, Reader& reader) {
  hook.origin = to_string(reader.at(node.mark));
  read_map<Hook>(node, table, hook, reader);
  if (node.kind == yaml::Kind::map && node.find("command") == nullptr) {
    reader.mistake(node.mark, fmt::format("an entry of {} has no command", reader.name()), "");
  }
  out.push_back(std::move(hook));
}

void set_group_matcher(const Node& node, Group& group, Reader& reader) {
  set_matcher(node, group.common, reader);
}

void set_group_hooks(const Node& node, Group& group, Reader& reader) {
  if (!reader.is_list(node)) return;
  for (const auto& item : node.items) read_hook(item, nested_keys, group.common, group.hooks, reader);
}

// In this order: each of the hooks begins with the matcher.
constexpr std::array group_keys = {
    Key<Group>{"matcher", "pattern of tool names", "", "", set_group_matcher},
    Key<Group>{"hooks", "list of hooks", "", "", set_group_hooks},
};

void read_hooks_of(const std::string& event, const Node& node, std::vector<Hook>& out, Reader& reader) {
  if (!reader.is_list(node)) return;
  Hook blank;
  blank.event = event;
  for (const auto& item : node.items) {
    if (item.find("hooks") == nullptr) {
      read_hook(item, flat_keys, blank, out, reader);
      continue;
    }
    Group group{.common = blank, .hooks = {}};
    read_map<Group>(item, group_keys, group, reader);
    out.insert(out.end(), group.hooks.begin(), group.hooks.end());
  }
}

}  // namespace

void set_hooks(const Node& node, DefinitionDraft& draft, Reader& reader) {
  auto& hooks = draft.definition.hooks;
  hooks.clear();
  if (!reader.is_map(node)) return;
  const auto names = chat::hook_event_names();
  const std::vector<std::string> known(names.begin(), names.end());
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const auto& event = node.keys[i];
    if (!chat::hook_event_named(event.name)) {
      reader.unknown(event.mark, "event", event.name, known);
      continue;
    }
    const auto below = reader.below(event.name);
    read_hooks_of(event.name, node.items[i], hooks, reader);
  }
}

}  // namespace errand::config
