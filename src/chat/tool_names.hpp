#pragma once

#include <span>
#include <string>
#include <string_view>

namespace errand::chat {

/// The names of the built-in tools, in the order they are offered.
std::span<const std::string_view> builtin_tool_names();

/// The built-in name for an older or foreign one ("bash_exec" -> "Bash"), the name itself when it is built in, empty
/// when it is neither.
std::string_view canonical_tool_name(std::string_view name);

/// Whether `name` is a tool that other programs have and we do not: a warning at load, not an error.
[[nodiscard]] bool is_foreign_tool(std::string_view name);

/// "mcp__server__tool"; patterns with '*' too.
[[nodiscard]] bool is_mcp_tool(std::string_view name);

}  // namespace errand::chat
