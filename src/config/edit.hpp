#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "config/configuration.hpp"

namespace errand::config {

// Commands that write YAML edit the text in place: comments, order and everything else a person wrote stay byte for
// byte. The result is read back before it replaces the file atomically; what can't be edited so is `config` and left.

struct NewAgent {
  std::string id;
  std::string description;
  std::string model;          ///< empty: none is written
  std::string system_prompt;  ///< empty: a line to start from
};

/// Adds an agent at the end of the project's agents.yaml, or makes the file. Returns where the agent's id stands.
/// `config` when the id is taken or malformed or the file has mistakes.
Result<Location> new_agent(const Configuration& config, const NewAgent& agent);

/// "Always allow": adds `rule` (`Bash(make test)`) to permissions.allow of the user's config.yaml, or makes the file
/// (0600). Returns its place; a rule that stands there already changes nothing.
Result<Location> save_allow_rule(const Sources& sources, std::string_view rule);

}  // namespace errand::config
