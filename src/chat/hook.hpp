#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace errand::chat {

/// What hooks can be told of, named as in the settings of Claude Code ("PreToolUse", …).
enum class HookEvent : std::uint8_t {
  pre_tool_use,
  permission_request,
  post_tool_use,
  post_tool_use_failure,
  user_prompt_submit,
  stop,
  subagent_stop,
  pre_compact,
  session_start,
  session_end,
  notification,
};

std::string_view name_of(HookEvent event);
std::optional<HookEvent> hook_event_named(std::string_view name);
std::span<const std::string_view> hook_event_names();

/// Whether the event is about a call of a tool, so that `if` can hold a permission rule for it.
[[nodiscard]] bool is_about_a_call(HookEvent event);

/// Whether a hook wants to hear of this tool (source, reason, trigger, subagent, kind of notification).
using HookMatcher = std::function<bool(std::string_view subject)>;

/// Empty or "*" fits everything; letters, digits, '_', '-' and blanks are names, several of them separated by '|' or
/// ',', of which one must be the subject's (other programs' names of tools are understood); all else is a regular
/// expression (RE2) that is looked for anywhere in it. `config` when it is none.
Result<HookMatcher> compile_matcher(std::string_view matcher);

}  // namespace errand::chat
