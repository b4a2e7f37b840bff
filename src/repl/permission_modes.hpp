#pragma once

#include <array>
#include <string_view>

#include "chat/agent.hpp"

namespace errand::repl {

/// In the order people are shown them.
inline constexpr std::array permission_modes = {chat::PermissionMode::ask, chat::PermissionMode::automatic,
                                                chat::PermissionMode::deny, chat::PermissionMode::plan,
                                                chat::PermissionMode::bypass};

/// What a mode means, in a clause for people.
[[nodiscard]] constexpr std::string_view note_of(chat::PermissionMode mode) {
  switch (mode) {
    case chat::PermissionMode::ask:
      return "changes and commands are asked about";
    case chat::PermissionMode::automatic:
      return "what the sandbox contains runs without asking";
    case chat::PermissionMode::deny:
      return "nothing is asked, and what would be is denied";
    case chat::PermissionMode::plan:
      return "nothing changes until you approve a plan";
    case chat::PermissionMode::bypass:
      return "nothing is asked, not even outside the workspace";
  }
  return {};
}

/// The one that a key goes on to, round: those that a person changes between as they work.
[[nodiscard]] constexpr chat::PermissionMode next_mode(chat::PermissionMode mode) {
  if (mode == chat::PermissionMode::ask) return chat::PermissionMode::automatic;
  return mode == chat::PermissionMode::automatic ? chat::PermissionMode::plan : chat::PermissionMode::ask;
}

}  // namespace errand::repl
