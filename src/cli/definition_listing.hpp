#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "config/configuration.hpp"

namespace errand::cli {

enum class Form { table, json };

/// `errand agents` and `errand subagents`: a table, or {"<plural>": […]}.
Result<int> list_definitions(std::string_view plural, const std::vector<config::AgentEntry>& entries,
                             std::string_view default_id, Form form);

/// One definition, resolved: every key with its value and where it came from.
Result<int> show_definition(const config::AgentEntry& entry, Form form);

}  // namespace errand::cli
