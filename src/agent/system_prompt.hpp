#pragma once

#include <string>
#include <vector>

#include "agent/context_files.hpp"
#include "agent/services.hpp"
#include "chat/agent.hpp"
#include "chat/event.hpp"
#include "tool/notes.hpp"

namespace errand::agent {

/// The system prompt of one session: the built-in text, the agent's own, context files (AGENTS.md …), what was noted in
/// earlier sessions (`notes` may be null) and the skills it may load. The same inputs give the same bytes; the built-in
/// text stays under 700 tokens. What can't be read is left out, and `warnings` gets why.
std::string system_prompt(const chat::AgentDefinition& agent, const std::vector<chat::SkillDefinition>& skills,
                          const Surroundings& surroundings, const Reading& reading, tool::Notes* notes,
                          std::vector<chat::event::Warning>& warnings);

/// A subagent's: its own text in place of the built-in one, and where it works.
std::string subagent_prompt(const chat::AgentDefinition& agent, const std::vector<chat::SkillDefinition>& skills,
                            const Surroundings& surroundings);

/// The skills an agent may use.
std::vector<chat::SkillDefinition> skills_of(const chat::AgentDefinition& agent,
                                             const std::vector<chat::SkillDefinition>& skills);

}  // namespace errand::agent
