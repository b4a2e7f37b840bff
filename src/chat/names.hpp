#pragma once

#include <optional>
#include <string_view>

#include "chat/agent.hpp"
#include "chat/message.hpp"
#include "chat/model.hpp"

namespace errand::chat {

// The public spellings of the enums: in YAML, events, the store and on the command line.

std::string_view name_of(StopReason stop);
std::optional<StopReason> stop_reason_named(std::string_view name);

std::string_view name_of(PermissionMode mode);  ///< "ask", "auto", "deny", "plan", "bypass"
std::optional<PermissionMode> permission_mode_named(std::string_view name);

std::string_view name_of(RuleAction action);

std::string_view name_of(Network network);
std::optional<Network> network_named(std::string_view name);

std::string_view name_of(Protocol protocol);
std::optional<Protocol> protocol_named(std::string_view name);

/// Whether `word` is one of the thinking efforts.
[[nodiscard]] bool is_effort(std::string_view word);

/// USD that `usage` costs at `price`; nullopt when the price is unknown.
std::optional<double> cost_of(const Usage& usage, const std::optional<Price>& price);

}  // namespace errand::chat
