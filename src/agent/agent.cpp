#include "agent/agent.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "agent/sandbox_policy.hpp"
#include "agent/subagent.hpp"
#include "agent/system_prompt.hpp"
#include "base/file.hpp"
#include "base/try.hpp"
#include "chat/tool_names.hpp"
#include "policy/match.hpp"

namespace errand::agent {

namespace {

constexpr std::string_view task_tool = "Task";
constexpr std::string_view skill_tool = "Skill";
constexpr std::string_view memory_tool = "Memory";
constexpr std::string_view exit_plan_tool = "ExitPlanMode";

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// Whether the definition itself wants the tool; names are already the built-in ones.
bool wants(const chat::AgentDefinition& definition, std::string_view tool) {
  if (contains(definition.disallowed_tools, tool)) return false;
  return !definition.tools || contains(*definition.tools, tool);
}

std::vector<chat::AgentDefinition> subagents_of(const chat::AgentDefinition& definition, const Services& services,
                                                int depth) {
  std::vector<chat::AgentDefinition> out;
  if (depth >= definition.limits.subagent_depth) return out;
  for (const auto& subagent : services.subagents) {
    if (!definition.subagents || contains(*definition.subagents, subagent.id)) out.push_back(subagent);
  }
  return out;
}

// It belongs to plan mode, whatever tools the definition lists; without a person the plan is the answer.
bool can_leave_plan(const Agent& agent, const Services& services) {
  return agent.depth == 0 && agent.permissions.mode() == chat::PermissionMode::plan && services.interaction.available();
}

// "mcp__github__*", "mcp__github" and a whole name are about a server's tools.
bool names_tool(const std::string& written, std::string_view tool) {
  if (written == tool || tool.starts_with(written + "__")) return true;
  return chat::is_mcp_tool(written) && policy::matches_wildcard(written, tool);
}

bool wants_server_tool(const chat::AgentDefinition& definition, std::string_view tool) {
  const auto names_it = [&](const std::string& written) { return names_tool(written, tool); };
  if (std::ranges::any_of(definition.disallowed_tools, names_it)) return false;
  return !definition.tools || std::ranges::any_of(*definition.tools, names_it);
}

void add_server_tools(const Agent& agent, const Agent* parent, std::vector<chat::ToolSpec>& out) {
  for (const auto& server : agent.servers) {
    for (const auto* tool : server.tools) {
      const auto& spec = tool->spec();
      if (!wants_server_tool(agent.definition, spec.name) || agent.permissions.is_denied_whole(spec.name)) continue;
      if (parent != nullptr &&
          std::ranges::find(parent->tools, spec.name, &chat::ToolSpec::name) == parent->tools.end())
        continue;
      out.push_back(spec);
    }
  }
}

// In the fixed order of the built-in names, so that the request's bytes do not depend on how the YAML lists them; those
// of servers come last.
std::vector<chat::ToolSpec> offered_tools(const Agent& agent, const Services& services, const Agent* parent) {
  std::vector<chat::ToolSpec> out;
  for (const auto name : chat::builtin_tool_names()) {
    const bool is_wanted = name == exit_plan_tool ? can_leave_plan(agent, services) : wants(agent.definition, name);
    if (!is_wanted || agent.permissions.is_denied_whole(name)) continue;
    if (name == skill_tool && agent.skills.empty()) continue;
    if (name == memory_tool && services.notes == nullptr) continue;
    if (parent != nullptr && std::ranges::find(parent->tools, name, &chat::ToolSpec::name) == parent->tools.end())
      continue;
    if (name == task_tool) {
      if (!agent.subagents.empty()) out.push_back(task_spec(agent.subagents));
    } else if (const auto* tool = services.tools.find(name)) {
      out.push_back(tool->spec());
    }
  }
  add_server_tools(agent, parent, out);
  return out;
}

// One that failed is told, and its tools are missing; the agent goes on.
void tell_of_servers(const std::vector<tool::ServerStatus>& servers, std::vector<chat::event::Warning>& warnings) {
  for (const auto& server : servers) {
    if (server.state != tool::ServerState::connected) {
      warnings.push_back(
          {"mcp_server", fmt::format("the MCP server \"{}\" is not there: {}", server.name, server.detail)});
    }
    for (const auto& sentence : server.left_out) warnings.push_back({"mcp_tool", sentence});
  }
}

Result<std::vector<tool::ServerStatus>> connected_servers(const chat::AgentDefinition& definition,
                                                          const Services& services, const Call& call) {
  if (definition.mcp_servers.empty() || services.servers == nullptr) return std::vector<tool::ServerStatus>{};
  return services.servers->connect(definition.mcp_servers, servers_policy(definition, services.surroundings), call);
}

// A subagent's own come after its parent's, which hold for its calls too. Its Stop is the end of this subagent alone.
std::vector<chat::Hook> with_inherited(std::vector<chat::Hook> hooks, const chat::AgentDefinition& subagent) {
  for (auto hook : subagent.hooks) {
    if (hook.event == chat::name_of(chat::HookEvent::stop)) {
      hook.event = chat::name_of(chat::HookEvent::subagent_stop);
      hook.matcher = subagent.id;
    }
    hooks.push_back(std::move(hook));
  }
  return hooks;
}

std::function<std::vector<std::pair<std::string, std::string>>()> span_variables_of(const Session& session,
                                                                                    const Services& services) {
  if (!services.span_variables) return {};
  return [variables = services.span_variables, id = session.info.id] { return variables(id, {}); };
}

Hooks hooks_of(const Agent& agent, const Session& session, const Services& services) {
  if (agent.definition.hooks.empty()) return {};
  const auto& around = services.surroundings;
  return {agent.definition.hooks,
          {.policy = agent.files->policy(),
           .roots = around.roots,
           .env = around.env,
           .session = session.info.id,
           .cwd = agent.cwd,
           .mode = [permissions = agent.permissions] { return permissions.mode(); },
           .agent_id = agent.depth == 0 ? std::string() : agent.path,
           .agent_type = agent.depth == 0 ? std::string() : agent.definition.id,
           .span_variables = span_variables_of(session, services)},
          services.sandbox};
}

Result<std::string> working_directory(const chat::AgentDefinition& definition, const Surroundings& surroundings) {
  if (definition.cwd.empty()) return surroundings.cwd;
  auto resolved = real_path(join_path(surroundings.workspace, definition.cwd));
  if (!resolved || !is_directory(*resolved)) {
    return fail(ErrorKind::config,
                fmt::format("the cwd \"{}\" of agent \"{}\" is no directory", definition.cwd, definition.id),
                fmt::format("it starts at the workspace {}", surroundings.workspace));
  }
  return *resolved;
}

// The parent's roots as they were resolved for it: a command may since have turned one of their names into a link that
// leads out.
sandbox::SandboxPolicy policy_below(const sandbox::Workspace& parent, const Session& session) {
  auto policy = parent.policy();
  policy.shown.clear();
  if (const auto own = real_path(session.files_directory)) policy.shown.push_back(*own);
  return policy;
}

}  // namespace

Result<Agent> open_agent(const chat::AgentDefinition& definition, std::unique_ptr<provider::Provider> provider,
                         const Session& session, const Services& services, const Call& call) {
  const auto& around = services.surroundings;
  ERRAND_TRY_ASSIGN(auto cwd, working_directory(definition, around));
  ERRAND_TRY_ASSIGN(auto servers, connected_servers(definition, services, call));
  auto files =
      std::make_unique<sandbox::Workspace>(sandbox_policy(definition.sandbox, around, session.files_directory));
  std::vector<chat::event::Warning> warnings;
  Permissions permissions(around.roots, {definition.rules, definition.permission_mode}, session.grants);
  const Reading reading{*files, context_reader(definition, around.roots)};
  auto system = system_prompt(definition, services.skills, around, reading, services.notes, warnings);
  tell_of_servers(servers, warnings);
  if (services.servers == nullptr && !definition.mcp_servers.empty())
    warnings.push_back({"mcp_server", "MCP servers are not started here; their tools are missing"});
  Agent agent{.definition = definition,
              .provider = std::move(provider),
              .permissions = std::move(permissions),
              .files = std::move(files),
              .cwd = std::move(cwd),
              .system = std::move(system),
              .tools = {},
              .subagents = subagents_of(definition, services, 0),
              .skills = skills_of(definition, services.skills),
              .compact_at = services.compact_at,
              .hooks = {},
              .warnings = std::move(warnings),
              .servers = std::move(servers)};
  agent.tools = offered_tools(agent, services, nullptr);
  agent.hooks = hooks_of(agent, session, services);
  return agent;
}

sandbox::SandboxPolicy servers_policy(const chat::AgentDefinition& definition, const Surroundings& around) {
  return sandbox_policy(definition.sandbox, around, {});
}

tool::Tool* find_tool(const Agent& agent, const Services& services, std::string_view name) {
  for (const auto& server : agent.servers) {
    const auto found = std::ranges::find_if(server.tools, [&](const auto* tool) { return tool->spec().name == name; });
    if (found != server.tools.end()) return *found;
  }
  return services.tools.find(name);
}

const std::vector<std::string>& models_of(const chat::AgentDefinition& subagent, const Agent& parent) {
  return subagent.models.empty() ? parent.definition.models : subagent.models;
}

Agent open_subagent(const chat::AgentDefinition& definition, std::unique_ptr<provider::Provider> provider,
                    const Agent& parent, const Session& session, const Services& services, std::string path) {
  auto own = definition;
  own.models = models_of(definition, parent);
  own.sandbox = parent.definition.sandbox;
  own.hooks = with_inherited(parent.definition.hooks, definition);
  own.limits.subagent_depth = parent.definition.limits.subagent_depth;  // one cap for the whole tree
  Agent agent{.definition = own,
              .provider = std::move(provider),
              .permissions = parent.permissions.tightened_by(own),
              .files = std::make_unique<sandbox::Workspace>(policy_below(*parent.files, session)),
              .cwd = parent.cwd,
              .system = subagent_prompt(own, services.skills, services.surroundings),
              .tools = {},
              .subagents = subagents_of(own, services, parent.depth + 1),
              .skills = skills_of(own, services.skills),
              .path = std::move(path),
              .compact_at = services.compact_at,
              .depth = parent.depth + 1,
              .hooks = {},
              .warnings = {},
              .servers = parent.servers};
  agent.tools = offered_tools(agent, services, &parent);
  agent.hooks = hooks_of(agent, session, services);
  return agent;
}

}  // namespace errand::agent
