#pragma once

#include <array>

#include "chat/agent.hpp"
#include "chat/name_table.hpp"

namespace errand::chat {

/// Permission modes as Claude Code and its Agent SDK spell them: for hooks, in files of agents, and in what the SDK
/// asks.
inline constexpr std::array sdk_mode_names = {
    Name{PermissionMode::ask, "default"},
    Name{PermissionMode::automatic, "acceptEdits"},
    Name{PermissionMode::deny, "dontAsk"},
    Name{PermissionMode::plan, "plan"},
    Name{PermissionMode::bypass, "bypassPermissions"},
};

}  // namespace errand::chat
