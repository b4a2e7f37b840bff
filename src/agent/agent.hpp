#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/hooks.hpp"
#include "agent/permissions.hpp"
#include "agent/services.hpp"
#include "agent/session.hpp"
#include "chat/agent.hpp"
#include "chat/event.hpp"
#include "chat/tool_spec.hpp"
#include "provider/provider.hpp"
#include "sandbox/workspace.hpp"

namespace errand::agent {

/// An agent ready to work on one session: its model is open, its prompt and tools are fixed, so that every request of
/// the session begins with the same bytes.
struct Agent {
  chat::AgentDefinition definition;
  std::unique_ptr<provider::Provider> provider;
  Permissions permissions;
  std::unique_ptr<sandbox::Workspace> files;
  std::string cwd;  ///< absolute; where its tools' relative paths start
  std::string system;
  std::vector<chat::ToolSpec> tools;             ///< offered to the model
  std::vector<chat::AgentDefinition> subagents;  ///< that it may start
  std::vector<chat::SkillDefinition> skills;     ///< that it may load
  std::string path = "root";
  double compact_at = 0.8;  ///< as in Services
  int depth = 0;            ///< 0 for the root
  Hooks hooks;
  std::vector<chat::event::Warning> warnings;  ///< of its opening, to be told first
  std::vector<tool::ServerStatus> servers;     ///< its MCP servers, as they were when it was opened
};

/// Makes the root agent of `session`, on an open model, and waits for its MCP servers. Fails with `config` when its
/// `cwd` is no directory, and as `call` does.
Result<Agent> open_agent(const chat::AgentDefinition& definition, std::unique_ptr<provider::Provider> provider,
                         const Session& session, const Services& services, const Call& call);

/// What its MCP servers run in and are known by: the agent's own sandbox, without what belongs to one session.
sandbox::SandboxPolicy servers_policy(const chat::AgentDefinition& definition, const Surroundings& around);

/// The tool of that name that `agent` offers, built-in or of a server; null where there is none (and for Task, which is
/// made for each run).
tool::Tool* find_tool(const Agent& agent, const Services& services, std::string_view name);

/// The models a subagent asks: its own, else its parent's.
const std::vector<std::string>& models_of(const chat::AgentDefinition& subagent, const Agent& parent);

/// Makes a subagent of `parent`, on an open model: its tools are among the parent's, its permissions at most the
/// parent's, its sandbox the parent's.
Agent open_subagent(const chat::AgentDefinition& definition, std::unique_ptr<provider::Provider> provider,
                    const Agent& parent, const Session& session, const Services& services, std::string path);

}  // namespace errand::agent
