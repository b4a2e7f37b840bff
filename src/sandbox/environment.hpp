#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sandbox/policy.hpp"

namespace errand::sandbox {

using Environment = std::vector<std::pair<std::string, std::string>>;

/// What a confined command gets: a fixed set, then what the policy passes (which wins). Nothing comes from our own
/// environment.
Environment confined_environment(const SandboxPolicy& policy, const std::string& home);

/// What a command gets when the user switched the sandbox off: as confined, with the user's own PATH and home.
Environment bare_environment(const SandboxPolicy& policy);

/// The form execve(2) takes.
std::vector<std::string> name_value_strings(const Environment& environment);

}  // namespace errand::sandbox
