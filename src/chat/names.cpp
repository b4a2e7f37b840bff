#include "chat/names.hpp"

#include <algorithm>
#include <array>

#include "chat/name_table.hpp"

namespace errand::chat {

namespace {

constexpr std::array stop_names = {
    Name{StopReason::end_turn, "end_turn"},
    Name{StopReason::tool_use, "tool_use"},
    Name{StopReason::max_tokens, "max_tokens"},
    Name{StopReason::stop_sequence, "stop_sequence"},
    Name{StopReason::refusal, "refusal"},
    Name{StopReason::pause_turn, "pause_turn"},
    Name{StopReason::context_window, "model_context_window_exceeded"},
    Name{StopReason::cancelled, "cancelled"},
};
constexpr std::array mode_names = {
    Name{PermissionMode::ask, "ask"},   Name{PermissionMode::automatic, "auto"}, Name{PermissionMode::deny, "deny"},
    Name{PermissionMode::plan, "plan"}, Name{PermissionMode::bypass, "bypass"},
};
constexpr std::array action_names = {Name{RuleAction::deny, "deny"}, Name{RuleAction::ask, "ask"},
                                     Name{RuleAction::allow, "allow"}};
constexpr std::array network_names = {Name{Network::none, "none"}, Name{Network::allowlist, "allowlist"},
                                      Name{Network::full, "full"}};
constexpr std::array protocol_names = {
    Name{Protocol::anthropic, "anthropic"},
    Name{Protocol::openai_chat, "openai_chat"},
    Name{Protocol::openai_responses, "openai_responses"},
    Name{Protocol::gemini, "gemini"},
    Name{Protocol::scripted, "scripted"},
};
constexpr std::array<std::string_view, 6> efforts = {"none", "minimal", "low", "medium", "high", "max"};

}  // namespace

std::string_view name_of(StopReason stop) {
  return find_name(stop_names, stop);
}
std::optional<StopReason> stop_reason_named(std::string_view name) {
  return find_value(stop_names, name);
}

std::string_view name_of(PermissionMode mode) {
  return find_name(mode_names, mode);
}
std::optional<PermissionMode> permission_mode_named(std::string_view name) {
  return find_value(mode_names, name);
}

std::string_view name_of(RuleAction action) {
  return find_name(action_names, action);
}

std::string_view name_of(Network network) {
  return find_name(network_names, network);
}
std::optional<Network> network_named(std::string_view name) {
  return find_value(network_names, name);
}

std::string_view name_of(Protocol protocol) {
  return find_name(protocol_names, protocol);
}
std::optional<Protocol> protocol_named(std::string_view name) {
  return find_value(protocol_names, name);
}

bool is_effort(std::string_view word) {
  return std::ranges::find(efforts, word) != efforts.end();
}

std::optional<double> cost_of(const Usage& usage, const std::optional<Price>& price) {
  if (!price) return std::nullopt;
  return (static_cast<double>(usage.input) * price->input + static_cast<double>(usage.output) * price->output +
          static_cast<double>(usage.cache_read) * price->cache_read +
          static_cast<double>(usage.cache_write) * price->cache_write) /
         1e6;
}

}  // namespace errand::chat
