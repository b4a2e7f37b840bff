#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/configuration.hpp"

namespace errand::config {

/// A key of config.yaml. Everything that is shown, checked and documented about settings is made from these.
struct SettingKey {
  std::string name;              ///< dotted; `*` stands for any name: "providers.*.base_url"
  std::string_view type;         ///< for people: "whole number from 1 to 20"
  std::string_view built_in;     ///< the default as it would be written; empty: none
  std::string_view description;  ///< one sentence without a final dot
  bool used = true;              ///< false: read and checked, without effect in this version
  bool operator==(const SettingKey&) const = default;
};

/// In the order they are documented.
std::vector<SettingKey> setting_keys();

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
  std::string name;  ///< dotted: "limits.max_turns"
  std::string_view type;
  std::string_view built_in;  ///< as it would be written; empty: none
  std::string_view description;
  bool used = true;  ///< false: read and checked, without effect in this version
};

/// In the order they are documented, older spellings left out.
std::vector<DefinitionKey> agent_keys();
std::vector<DefinitionKey> subagent_keys();

}  // namespace errand::config
