#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "chat/agent.hpp"

namespace errand::chat {

/// Parses `Tool` or `Tool(spec)`: a tool's name (letters, digits, '_', '-', '*'), then optionally one pair of
/// parentheses to the end. Older and foreign tool names are translated. With a hint: `usage` when it is malformed,
/// `config` when the tool is nobody's; mcp__… names pass.
Result<Rule> parse_rule(std::string_view text, RuleAction action, std::string origin);

/// The rule as written: `Bash(git status)`.
std::string to_string(const Rule& rule);

}  // namespace errand::chat
