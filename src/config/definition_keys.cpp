#include <array>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "chat/names.hpp"
#include "chat/rule.hpp"
#include "chat/sdk_modes.hpp"
#include "chat/tool_names.hpp"
#include "config/definition_reader.hpp"
#include "config/lookup.hpp"
#include "config/settings.hpp"

namespace errand::config {

namespace {

using chat::PermissionMode;
using Use = Key<DefinitionDraft>::Use;
using yaml::Node;

template <std::string chat::AgentDefinition::*field>
void set_text(const Node& node, DefinitionDraft& draft, Reader& reader) {
  if (auto value = reader.text(node)) draft.definition.*field = *std::move(value);
}

template <bool chat::AgentDefinition::*field>
void set_boolean(const Node& node, DefinitionDraft& draft, Reader& reader) {
  if (const auto value = reader.boolean(node)) draft.definition.*field = *value;
}

// --- permissions ---

void set_permissions(const Node& node, DefinitionDraft& draft, Reader& reader) {
  draft.definition.rules.clear();
  read_permissions(node, draft.definition.rules, reader);
}

void use_mode(PermissionMode mode, DefinitionDraft& draft) {
  draft.definition.permission_mode = mode;
  draft.definition.permission_mode_set = true;
}

constexpr std::array<std::string_view, 5> modes = {"ask", "auto", "deny", "plan", "bypass"};

void set_permission_mode(const Node& node, DefinitionDraft& draft, Reader& reader) {
  if (const auto mode = chat::permission_mode_named(node.text)) return use_mode(*mode, draft);
  const auto older = chat::find_value(chat::sdk_mode_names, node.text);
  if (!older) return reader.wrong_word(node, modes);
  reader.warn("older_key", node.mark,
              fmt::format("permission_mode: {} is the older name of {}", node.text, chat::name_of(*older)));
  use_mode(*older, draft);
}

void set_with_permissions(const Node& node, DefinitionDraft& draft, Reader& reader) {
  const auto value = reader.boolean(node);
  if (!value) return;
  if (*value) {
    reader.without_effect(node.mark);
    return;
  }
  reader.warn("older_key", node.mark, "with_permissions: false is the older way to write permission_mode: bypass");
  use_mode(PermissionMode::bypass, draft);
  reader.note("permission_mode", "bypass", node.mark);
}

// --- models, names ---

void add_model(const Node& node, DefinitionDraft& draft, Reader& reader) {
  auto name = reader.word(node);
  if (!name) return;
  // A script or recording belongs to the file that names it, wherever the run starts.
  *name = with_absolute_file(*name, reader.directory());
  draft.models.push_back({*name, reader.at(node.mark)});
  draft.definition.models.push_back(*std::move(name));
}

void set_models(const Node& node, DefinitionDraft& draft, Reader& reader) {
  draft.models.clear();
  draft.definition.models.clear();
  if (node.kind != yaml::Kind::list) return add_model(node, draft, reader);
  if (node.items.empty())
    reader.mistake(node.mark, reader.name() + " is an empty list", "name a model, or remove the key");
  for (const auto& item : node.items) add_model(item, draft, reader);
}

std::vector<std::string> read_tools(const Node& node, Reader& reader) {
  std::vector<std::string> out;
  if (!reader.is_list(node)) return out;
  for (const auto& item : node.items) {
    auto name = read_tool_name(item, reader);
    if (name && std::ranges::find(out, *name) == out.end()) out.push_back(*std::move(name));
  }
  return out;
}

void set_tools(const Node& node, DefinitionDraft& draft, Reader& reader) {
  draft.definition.tools = read_tools(node, reader);
}

void set_disallowed_tools(const Node& node, DefinitionDraft& draft, Reader& reader) {
  draft.definition.disallowed_tools = read_tools(node, reader);
}

std::vector<std::string> read_names(const Node& node, std::vector<NameUse>& uses, Reader& reader) {
  uses.clear();
  const auto names = reader.words(node);
  if (!names) return {};
  for (std::size_t i = 0; i < names->size(); ++i) uses.push_back({(*names)[i], reader.at(node.items[i].mark)});
  return *names;
}

void set_subagents(const Node& node, DefinitionDraft& draft, Reader& reader) {
  draft.definition.subagents = read_names(node, draft.subagents, reader);
}

void set_skills(const Node& node, DefinitionDraft& draft, Reader& reader) {
  draft.skills.clear();
  draft.definition.skills.reset();
  if (node.kind == yaml::Kind::scalar && node.text == "all") return;
  if (node.kind == yaml::Kind::list) {
    draft.definition.skills = read_names(node, draft.skills, reader);
    return;
  }
  reader.wrong_type(node, "all or a list of names");
}

// --- thinking, variables, files ---

void set_variable_default(const Node& node, chat::Variable& variable, Reader& reader) {
  if (auto value = reader.text(node)) {
    variable.default_value = *std::move(value);
    variable.has_default = true;
  }
}

void set_variable_description(const Node& node, chat::Variable& variable, Reader& reader) {
  if (auto value = reader.text(node)) variable.description = *std::move(value);
}

using VariableKey = Key<chat::Variable>;
constexpr std::array variable_keys = {
    VariableKey{"default", "text", "", "Its value when --var gives none", set_variable_default},
    VariableKey{"description", "text", "", "What it is for", set_variable_description},
};

void set_variables(const Node& node, DefinitionDraft& draft, Reader& reader) {
  draft.definition.variables.clear();
  if (!reader.is_map(node)) return;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const auto& key = node.keys[i];
    auto shown = key.name;
    std::ranges::replace(shown, '-', '_');
    if (!is_variable_name(shown)) {
      reader.mistake(key.mark, fmt::format("\"{}\" is no name for a variable", key.name),
                     "use letters, digits, _ and -, a letter first");
    }
    const auto below = reader.below(key.name);
    chat::Variable variable;
    read_map<chat::Variable>(node.items[i], variable_keys, variable, reader);
    draft.definition.variables[key.name] = std::move(variable);
  }
}

bool stays_inside(std::string_view path) {
  const auto normal = normalize_path(path);
  return !normal.starts_with('/') && normal != ".." && !normal.starts_with("../");
}

void set_context_files(const Node& node, DefinitionDraft& draft, Reader& reader) {
  auto files = reader.words(node);
  if (!files) return;
  for (std::size_t i = 0; i < files->size(); ++i) {
    if (stays_inside((*files)[i])) continue;
    reader.mistake(node.items[i].mark, fmt::format("\"{}\" in {} leads out of the project", (*files)[i], reader.name()),
                   "name files that are looked for in each directory up to the project's root");
  }
  draft.definition.context_files = *std::move(files);
}

void older_prompt(const Node& node, DefinitionDraft& draft, Reader& reader) {
  reader.warn("older_key", node.mark, "in subagents.yaml, prompt is the older name of system_prompt");
  set_text<&chat::AgentDefinition::system_prompt>(node, draft, reader);
  reader.note("system_prompt", yaml::show(node), node.mark);
}

void no_effect(const Node& node, DefinitionDraft&, Reader& reader) {
  reader.without_effect(node.mark);
}

using AgentKey = Key<DefinitionDraft>;
using Definition = chat::AgentDefinition;

constexpr AgentKey name_key{"name", "text", "", "What people see; absent: the id", set_text<&Definition::name>};
constexpr AgentKey description_key{"description", "text", "", "One line: what it is for",
                                   set_text<&Definition::description>};
constexpr AgentKey tools_key{"tools", "list of tools", "", "The tools it is offered; absent: all built-in ones",
                             set_tools};
constexpr AgentKey disallowed_tools_key{"disallowed_tools", "list of tools", "[]", "Tools it is never offered",
                                        set_disallowed_tools};
constexpr AgentKey skills_key{"skills",  "all, or a list of names", "all", "The skills it is told of", set_skills,
                              Use::value};
constexpr AgentKey permissions_key{"permissions", "map", "", "Rules for tool calls", set_permissions, Use::group};
constexpr AgentKey permission_mode_key{"permission_mode", "ask, auto, deny, plan or bypass", "ask",
                                       "What happens to a call no rule decides", set_permission_mode};
constexpr AgentKey limits_key{"limits", "map", "", "Bounds of one run", set_limits, Use::group};
constexpr AgentKey thinking_key{"thinking", "map", "", "How much the model thinks", set_thinking, Use::group};
constexpr AgentKey temperature_key{"temperature", "number from 0 to 2", "",
                                   "How freely the model chooses its words; absent: as it likes", set_temperature};
constexpr AgentKey top_p_key{"top_p", "number from 0 to 1", "", "The same as a share of the likeliest words",
                             set_top_p};
constexpr AgentKey max_output_key{"max_output", "whole number", "",
                                  "The longest reply in tokens; absent: the model's own", set_max_output};
constexpr AgentKey stop_key{"stop", "list of texts", "[]", "Texts that end a reply", set_stop};
constexpr AgentKey tool_choice_key{"tool_choice", "auto, any, none or a tool", "auto",
                                   "Whether the model must, may or must not call tools", set_tool_choice};

constexpr AgentKey hooks_key{"hooks", "map of events", "{}", "Commands that are told of what happens and may steer it",
                             set_hooks};

constexpr std::array agent_table = {
    name_key,
    description_key,
    AgentKey{"model", "model, or a list as fallback chain", "sonnet", "Alias or provider/model", set_models},
    AgentKey{"system_prompt", "text", "", "Added to the built-in system prompt", set_text<&Definition::system_prompt>},
    AgentKey{"replace_system_prompt", "true or false", "false", "system_prompt alone, without the built-in one",
             set_boolean<&Definition::replace_system_prompt>},
    AgentKey{"prompt", "text", "", "The user's prompt when a run gets none", set_text<&Definition::prompt>},
    AgentKey{"variables", "map of variables", "{}", "Values for {{name}} in the prompts", set_variables},
    tools_key,
    disallowed_tools_key,
    AgentKey{"subagents", "list of subagents", "", "The subagents it may start; absent: all", set_subagents},
    skills_key,
    AgentKey{"plugins", "list of plugins", "[]", "Bundles of skills, agents and MCP servers", check_plugins,
             Use::unused},
    AgentKey{"mcp_servers", "map of servers", "{}", "MCP servers whose tools it is offered", set_mcp_servers},
    permissions_key,
    permission_mode_key,
    AgentKey{"sandbox", "map", "", "What tools may touch", set_sandbox, Use::group},
    limits_key,
    thinking_key,
    temperature_key,
    top_p_key,
    max_output_key,
    stop_key,
    tool_choice_key,
    AgentKey{"output_schema", "path of a JSON Schema, or the schema", "", "What the answer must validate against",
             set_output_schema},
    hooks_key,
    AgentKey{"context_files", "list of names", "[AGENTS.md, CLAUDE.md]",
             "Files of instructions that are looked for in the project", set_context_files},
    AgentKey{"cwd", "path", "", "Where it works; starts at the workspace; absent: where you stand",
             set_text<&Definition::cwd>},
    AgentKey{"allowed_directories", "", "", "", add_allowed_directories, Use::older},
    AgentKey{"with_permissions", "", "", "", set_with_permissions, Use::older},
    AgentKey{"setting_sources", "", "", "", no_effect, Use::older},
    AgentKey{"include_partial_messages", "", "", "", no_effect, Use::older},
};

constexpr std::array subagent_table = {
    name_key,
    description_key,
    AgentKey{"model", "model, or a list as fallback chain", "", "Alias or provider/model; absent: its parent's",
             set_models},
    AgentKey{"system_prompt", "text", "", "Its system prompt, in place of the built-in one",
             set_text<&Definition::system_prompt>},
    tools_key,
    disallowed_tools_key,
    skills_key,
    permissions_key,
    permission_mode_key,
    limits_key,
    thinking_key,
    temperature_key,
    top_p_key,
    max_output_key,
    stop_key,
    tool_choice_key,
    hooks_key,
    AgentKey{"background", "true or false", "false", "Its parent goes on and collects the result later",
             set_boolean<&Definition::background>, Use::unused},
    AgentKey{"prompt", "", "", "", older_prompt, Use::older},
    AgentKey{"focus", "", "", "", no_effect, Use::older},
};

std::vector<DefinitionKey> documented(std::span<const AgentKey> table) {
  std::vector<DefinitionKey> out;
  for (const auto& key : table) {
    if (key.use == Use::older) continue;
    if (key.use == Use::group) {
      for (auto& below : documented_group(key.name)) out.push_back(std::move(below));
    } else {
      out.push_back({std::string(key.name), key.type, key.built_in, key.description, key.use != Use::unused});
    }
  }
  return out;
}

}  // namespace

std::optional<std::string> read_tool_name(const Node& node, Reader& reader) {
  const auto name = reader.word(node);
  if (!name) return std::nullopt;
  if (chat::is_mcp_tool(*name)) return name;
  if (const auto ours = chat::canonical_tool_name(*name); !ours.empty()) return std::string(ours);
  if (chat::is_foreign_tool(*name)) {
    reader.warn("foreign_tool", node.mark,
                fmt::format("the tool \"{}\" is not in this version; {} goes without it", *name, reader.subject()));
    return std::nullopt;
  }
  if (name->find('(') != std::string::npos) {
    reader.mistake(node.mark, fmt::format("\"{}\" in {} is a permission rule, not a tool", *name, reader.name()),
                   "rules go under permissions: allow, ask or deny");
    return std::nullopt;
  }
  const std::vector<std::string> known(chat::builtin_tool_names().begin(), chat::builtin_tool_names().end());
  reader.unknown(node.mark, "tool", *name, known);
  return std::nullopt;
}

std::span<const Key<DefinitionDraft>> definition_table(DefinitionKind kind) {
  if (kind == DefinitionKind::agent) return agent_table;
  return subagent_table;
}

std::vector<DefinitionKey> agent_keys() {
  return documented(agent_table);
}

std::vector<DefinitionKey> subagent_keys() {
  return documented(subagent_table);
}

}  // namespace errand::config
