#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "agent/chat.hpp"
#include "base/error.hpp"
#include "chat/agent.hpp"
#include "config/configuration.hpp"

namespace errand::repl {

/// What a slash command works on.
struct SlashContext {
  agent::Chat& chat;
  const config::Configuration& config;
  std::function<Result<chat::AgentDefinition>(const std::string& id)> definition_of;
  std::function<Call()> begin;                     ///< what a command that takes time is held to
  std::function<void(std::string_view line)> say;  ///< to the person, a line end is added
};

enum class After { go_on, leave };

struct SlashCommand {
  std::string_view name;      ///< "/agent"
  std::string_view argument;  ///< for help: "[ID]"
  std::string_view help;
  Result<After> (*run)(const std::string& argument, SlashContext& context);
};

/// Every slash command, sorted by name.
std::span<const SlashCommand> slash_commands();

/// Runs "/name argument". An unknown name is `usage` with the nearest.
Result<After> run_slash(std::string_view line, SlashContext& context);

}  // namespace errand::repl
