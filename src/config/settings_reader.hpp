#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "chat/agent.hpp"
#include "chat/model.hpp"
#include "config/reader.hpp"
#include "config/settings.hpp"

// Internal to this room: config.yaml.
namespace errand::config {

/// A path as somebody wrote it.
struct WrittenPath {
  std::string text;
  std::string directory;  ///< where it starts
};

struct ProviderDraft {
  std::optional<chat::Protocol> protocol;
  std::optional<std::string> base_url;
  std::optional<std::string> base_url_variable;
  std::optional<std::string> key_variable;
  std::optional<WrittenPath> key_file;
  std::optional<std::string> key_command;
  std::optional<std::vector<std::pair<std::string, std::string>>> headers;  ///< ${NAME} as written
  std::optional<std::string> like;
  std::optional<WrittenPath> ca_file;
  std::optional<WrittenPath> client_cert;
  std::optional<WrittenPath> client_key;
  std::optional<std::string> proxy;  ///< ${NAME} as written; "": none
  Location where;
  Location like_where;
};

struct ModelDraft {
  std::string provider;
  std::string id;
  std::optional<std::int64_t> context;
  std::optional<std::int64_t> max_output;
  std::optional<chat::Price> price;
  std::optional<chat::ThinkingStyle> thinking;
  std::optional<bool> images;
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
  std::optional<std::chrono::milliseconds> retention;
  std::optional<int> max_sessions;
  std::optional<double> compact_at;
  std::optional<std::string> keys;
  std::optional<std::string> theme;
  std::optional<std::string> notify;
  std::optional<std::chrono::milliseconds> notify_after;
  std::optional<double> day_usd;
  std::optional<double> month_usd;
  std::optional<std::string> data_dir;  ///< as written
  std::string directory;                ///< where relative paths start
  std::vector<chat::Rule> rules;
  std::vector<GivenValue> given;
};

/// Whether a config.yaml holds any key of ours: a project's that holds none belongs to another program. Works on text
/// that is not YAML, too.
[[nodiscard]] bool has_our_settings(std::string_view text);

/// `providers` (provider_reader.cpp).
void set_providers(const yaml::Node& node, SettingsDraft& draft, Reader& reader);
void add_provider_keys(std::vector<SettingKey>& out);

/// What stands before a '/', or in a comma list, must not hold either.
void check_name(const yaml::Key& name, Reader& reader);

/// A table as it is documented.
template <class T>
void add_keys(std::span<const Key<T>> table, std::string_view prefix, std::vector<SettingKey>& out) {
  using KeyUse = typename Key<T>::Use;
  for (const auto& key : table) {
    if (key.use == KeyUse::older || key.use == KeyUse::group) continue;
    out.push_back(
        {fmt::format("{}{}", prefix, key.name), key.type, key.built_in, key.description, key.use != KeyUse::unused});
  }
}

SettingsDraft read_settings(const yaml::Node& root, Layer layer, Reader& reader);

}  // namespace errand::config
