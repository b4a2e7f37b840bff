#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "chat/agent.hpp"
#include "chat/model.hpp"
#include "config/reader.hpp"

// Internal to this room: config.yaml.
namespace errand::config {

struct ProviderDraft {
  std::optional<chat::Protocol> protocol;
  std::optional<std::string> base_url;
  std::optional<std::string> base_url_variable;
  std::optional<std::string> key_variable;
  Location where;
};

struct ModelDraft {
  std::string provider;
  std::string id;
  std::optional<std::int64_t> context;
  std::optional<std::int64_t> max_output;
  std::optional<chat::Price> price;
  std::optional<chat::ThinkingStyle> thinking;
  Location where;           ///< of the alias
  Location provider_where;  ///< of the provider's name
};

/// What one config.yaml says.
struct SettingsDraft {
  Layer layer = Layer::project;
  std::map<std::string, ModelDraft> models;
  std::map<std::string, ProviderDraft> providers;
  std::optional<int> attempts;
  std::optional<int> restarts;
  std::optional<std::chrono::milliseconds> idle;
  std::optional<std::string> data_dir;  ///< as written
  std::string directory;                ///< where relative paths start
  std::vector<chat::Rule> rules;
  std::vector<GivenValue> given;
};

/// Whether a config.yaml holds any key of ours: a project's that holds none belongs to another program. Works on text
/// that is not YAML, too.
[[nodiscard]] bool has_our_settings(std::string_view text);

SettingsDraft read_settings(const yaml::Node& root, Layer layer, Reader& reader);

}  // namespace errand::config
