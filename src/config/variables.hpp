#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "chat/agent.hpp"

namespace errand::config {

/// The names of the {{name}} in `text`, in order, each once. Blanks inside the braces are passed over; what is no name
/// ([A-Za-z_][A-Za-z0-9_-]*) is just text.
std::vector<std::string> variables_in(std::string_view text);

/// The value of each of an agent's variables: those of `given` (--var), else its default. `usage` when `given` names
/// one the agent does not have, or one has neither.
Result<std::map<std::string, std::string>> fill_variables(const chat::AgentDefinition& agent,
                                                          const std::map<std::string, std::string>& given);

/// `text` with each {{name}} of `values` replaced, once: a value is never expanded itself.
std::string expand(std::string_view text, const std::map<std::string, std::string>& values);

}  // namespace errand::config
