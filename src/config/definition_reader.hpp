#pragma once

#include <optional>
#include <string>
#include <vector>

#include "chat/agent.hpp"
#include "config/reader.hpp"
#include "config/settings.hpp"

// Internal to this room: agents.yaml and subagents.yaml.
namespace errand::config {

/// A name somebody wrote, to be looked up once all files are read.
struct NameUse {
  std::string name;
  Location where;
};

/// A definition whose names are not looked up yet.
struct DefinitionDraft {
  chat::AgentDefinition definition;
  SpendingLimits spending;
  Location where;  ///< of its id
  std::vector<GivenValue> given;
  std::vector<NameUse> models;
  std::vector<NameUse> subagents;
  std::vector<NameUse> skills;
  std::string output_schema_file;  ///< absolute; empty when the schema stands in the definition
};

struct DefinitionsFile {
  std::vector<DefinitionDraft> drafts;
  std::optional<NameUse> default_agent;
};

/// [a-z0-9][a-z0-9-]{0,62}, and none of the words that mean something at the top of the file.
[[nodiscard]] bool is_definition_id(std::string_view id);

/// Reads a whole file.
DefinitionsFile read_definitions(const yaml::Node& root, DefinitionKind kind, Reader& reader);

/// The definition an agent or subagent starts from before anything is read.
DefinitionDraft blank_definition(DefinitionKind kind);

/// The tables (definition_keys.cpp).
std::span<const Key<DefinitionDraft>> definition_table(DefinitionKind kind);

/// A tool's name as this program has it; a foreign one is a warning and nothing, an unknown one a mistake.
std::optional<std::string> read_tool_name(const yaml::Node& node, Reader& reader);

/// `hooks`, in both forms (hook_keys.cpp).
void set_hooks(const yaml::Node& node, DefinitionDraft& draft, Reader& reader);

/// `plugins`: its shape is checked (extension_keys.cpp).
void check_plugins(const yaml::Node& node, DefinitionDraft& draft, Reader& reader);

/// `mcp_servers` (mcp_keys.cpp). Replaces what was there whole.
void set_mcp_servers(const yaml::Node& node, DefinitionDraft& draft, Reader& reader);

/// The maps with tables of their own (definition_groups.cpp). Each replaces what was there whole.
void set_limits(const yaml::Node& node, DefinitionDraft& draft, Reader& reader);
void set_sandbox(const yaml::Node& node, DefinitionDraft& draft, Reader& reader);
void set_thinking(const yaml::Node& node, DefinitionDraft& draft, Reader& reader);
void add_allowed_directories(const yaml::Node& node, DefinitionDraft& draft, Reader& reader);

/// How replies are to be written (generation_keys.cpp).
void set_temperature(const yaml::Node& node, DefinitionDraft& draft, Reader& reader);
void set_top_p(const yaml::Node& node, DefinitionDraft& draft, Reader& reader);
void set_max_output(const yaml::Node& node, DefinitionDraft& draft, Reader& reader);
void set_stop(const yaml::Node& node, DefinitionDraft& draft, Reader& reader);
void set_tool_choice(const yaml::Node& node, DefinitionDraft& draft, Reader& reader);
void set_output_schema(const yaml::Node& node, DefinitionDraft& draft, Reader& reader);

/// The documented keys of the group `name`: "limits", "sandbox", "permissions", "thinking".
std::vector<DefinitionKey> documented_group(std::string_view name);

/// [A-Za-z_][A-Za-z0-9_]*
[[nodiscard]] bool is_variable_name(std::string_view name);

/// `permissions`, of a definition or of config.yaml.
void read_permissions(const yaml::Node& node, std::vector<chat::Rule>& rules, Reader& reader);

}  // namespace errand::config
