#pragma once

#include <string>

#include "agent/services.hpp"
#include "chat/agent.hpp"
#include "sandbox/policy.hpp"

namespace errand::agent {

/// What an agent's tools may touch: its YAML's settings in these surroundings, with `files_directory` of its session
/// shown read-only. Paths that do not exist are left out.
sandbox::SandboxPolicy sandbox_policy(const chat::SandboxSettings& settings, const Surroundings& surroundings,
                                      const std::string& files_directory);

}  // namespace errand::agent
