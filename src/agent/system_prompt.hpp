#pragma once

#include <string>
#include <vector>

#include "agent/services.hpp"
#include "chat/agent.hpp"
#include "chat/event.hpp"
#include "sandbox/workspace.hpp"

namespace errand::agent {

/// The system prompt of one session: the built-in text, the agent's own, the project's context files (AGENTS.md …) and
/// the skills it may load. The same inputs give the same bytes; the built-in text stays under 700 tokens.
///
/// Context files are read as the agent's tools read: what `files` or a deny rule with a path refuses, or can't be read,
/// is left out, and `warnings` gets why.
std::string system_prompt(const chat::AgentDefinition& agent, const std::vector<chat::SkillDefinition>& skills,
                          const Surroundings& surroundings, const sandbox::Workspace& files,
                          std::vector<chat::event::Warning>& warnings);

/// A subagent's: its own text in place of the built-in one, and where it works.
std::string subagent_prompt(const chat::AgentDefinition& agent, const std::vector<chat::SkillDefinition>& skills,
                            const Surroundings& surroundings);

/// The skills an agent may use.
std::vector<chat::SkillDefinition> skills_of(const chat::AgentDefinition& agent,
                                             const std::vector<chat::SkillDefinition>& skills);

}  // namespace errand::agent
