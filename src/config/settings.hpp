#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/configuration.hpp"

namespace errand::config {

/// A key of config.yaml. Everything that is shown, checked and documented about settings is made from this table.
struct SettingKey {
  std::string_view name;         ///< dotted; `*` stands for any name: "providers.*.base_url"
  std::string_view type;         ///< for people: "whole number from 1 to 100"
  std::string_view group;        ///< "models", "limits", …
  std::string_view description;  ///< one sentence without a final dot
  std::string_view built_in;     ///< the default as it would be written; empty: none
  bool secret = false;
};

std::span<const SettingKey> setting_keys();

/// One value a setting was given somewhere.
struct SettingValue {
  std::string value;   ///< on one line; secrets read "(set)"
  std::string origin;  ///< "ERRAND_DATA_DIR", "OPENAI_API_KEY in .env", "config.yaml:4:11", "built-in"
  bool operator==(const SettingValue&) const = default;
};

/// A setting with the value that counts and, nearest first, those that lost.
struct Setting {
  std::string key;  ///< dotted: "retry.attempts", "providers.anthropic.base_url"
  SettingValue winner;
  std::vector<SettingValue> losers;
  bool secret = false;
  bool operator==(const Setting&) const = default;
};

/// All settings, in the order of the table: `config show --origin`. Flags are not in it. A value that is held back is
/// a loser whose origin says so.
std::vector<Setting> shown_settings(const Configuration& config);

/// A key of agents.yaml or subagents.yaml, for documentation and `agents show`.
struct DefinitionKey {
  std::string_view name;  ///< "limits"
  std::string_view type;
  std::string_view description;
};

std::span<const DefinitionKey> agent_keys();
std::span<const DefinitionKey> subagent_keys();

}  // namespace errand::config
