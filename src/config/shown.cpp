#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "chat/names.hpp"
#include "config/models.hpp"
#include "config/places.hpp"
#include "config/reader.hpp"
#include "config/settings.hpp"

// Values with their origins, for `config show --origin` and `agents show`.
namespace errand::config {

namespace {

// An address may hold a user, a password, a key in its query.
Setting without_secrets(Setting setting) {
  setting.winner.value = text::public_url(setting.winner.value);
  for (auto& loser : setting.losers) loser.value = text::public_url(loser.value);
  return setting;
}

using Source = GivenValue::Source;

constexpr std::string_view held_back_mark = " (held back: not trusted)";

/// The values one setting was given, nearest first.
class Candidates {
 public:
  void add(std::string value, std::string origin) { out_.push_back({std::move(value), std::move(origin)}); }

  void add_given(const Configuration& config, std::string_view key) {
    for (const auto& file : config.settings.given) {
      for (const auto& given : file.values) {
        if (given.key != key) continue;
        if (given.source == Source::held_back) {
          held_back_.push_back({given.value, fmt::format("{}{}", to_string(given.where), held_back_mark)});
        } else {
          add(given.value, to_string(given.where));
        }
      }
    }
  }

  void add_variable(const Configuration& config, std::string_view name, bool is_secret) {
    if (name.empty()) return;
    const auto shown = [&](const std::string& value) { return is_secret ? std::string(secret_mark) : value; };
    if (const auto real = config.sources.env.find(name); real != config.sources.env.end() && !real->second.empty()) {
      add(shown(real->second), std::string(name));
    }
    for (const auto& variable : config.env_files) {
      if (variable.name == name && !variable.value.empty()) {
        add(shown(variable.value), fmt::format("{} in {}", name, to_string(variable.where)));
      }
    }
  }

  [[nodiscard]] bool empty() const { return out_.empty() && held_back_.empty(); }

  /// The setting, or one without a value.
  Setting setting(std::string key, bool is_secret = false) {
    Setting out{std::move(key), {"", "not set"}, {}, is_secret};
    if (!out_.empty()) {
      out.winner = out_.front();
      out.losers.assign(out_.begin() + 1, out_.end());
    }
    out.losers.insert(out.losers.end(), held_back_.begin(), held_back_.end());
    return out;
  }

 private:
  std::vector<SettingValue> out_;
  std::vector<SettingValue> held_back_;
};

std::vector<std::string> names_below(const Configuration& config, std::string_view prefix) {
  std::vector<std::string> out;
  for (const auto& file : config.settings.given) {
    for (const auto& given : file.values) {
      if (!given.key.starts_with(prefix)) continue;
      // A name may hold dots; a key behind it does not.
      if (std::ranges::find(out, given.key) == out.end()) out.push_back(given.key);
    }
  }
  return out;
}

void add_models(const Configuration& config, std::vector<Setting>& out) {
  for (const auto& key : names_below(config, "models.")) {
    Candidates candidates;
    candidates.add_given(config, key);
    out.push_back(candidates.setting(key));
  }
}

void add_provider(const Configuration& config, const std::string& name, std::vector<Setting>& out) {
  const auto& spec = config.settings.providers.at(name);
  const auto* builtin = builtin_provider(name);
  const auto key = [&](std::string_view last) { return fmt::format("providers.{}.{}", name, last); };
  Candidates type;
  type.add_given(config, key("type"));
  type.add(std::string(chat::name_of(builtin != nullptr ? builtin->protocol : chat::Protocol::openai_chat)),
           "built-in");
  out.push_back(type.setting(key("type")));

  Candidates url;
  std::string url_variable(builtin != nullptr ? builtin->base_url_variable : std::string_view{});
  Candidates url_name;
  url_name.add_given(config, key("base_url_env"));
  if (!url_name.empty()) {
    out.push_back(url_name.setting(key("base_url_env")));
    if (!out.back().winner.value.empty()) url_variable = out.back().winner.value;
  }
  url.add_variable(config, url_variable, false);
  url.add_given(config, key("base_url"));
  if (builtin != nullptr && !builtin->base_url.empty()) url.add(std::string(builtin->base_url), "built-in");
  out.push_back(without_secrets(url.setting(key("base_url"))));

  Candidates variable_name;
  variable_name.add_given(config, key("api_key_env"));
  if (builtin != nullptr) variable_name.add(std::string(builtin->key_variable), "built-in");
  out.push_back(variable_name.setting(key("api_key_env")));
  Candidates secret;
  for (const auto& variable : spec.key_variables) secret.add_variable(config, variable, true);
  if (is_regular_file(spec.key_file)) secret.add(std::string(secret_mark), "api_key_file");
  if (!spec.key_command.empty()) secret.add(std::string(secret_mark), "api_key_command");
  out.push_back(secret.setting(key("api_key"), true));
  for (const auto* rare :
       {"api_key_file", "api_key_command", "headers", "like", "ca_file", "client_cert", "client_key", "proxy"}) {
    Candidates given;
    given.add_given(config, key(rare));
    if (!given.empty()) out.push_back(given.setting(key(rare), std::string_view(rare) == "headers"));
  }
}

// Rules of several files hold together: none of them loses.
Setting joined(Setting setting) {
  std::vector<SettingValue> held_back;
  for (auto& loser : setting.losers) {
    if (loser.origin.ends_with(held_back_mark)) {
      held_back.push_back(std::move(loser));
    } else {
      setting.winner.value += " " + loser.value;
      setting.winner.origin += ", " + loser.origin;
    }
  }
  setting.losers = std::move(held_back);
  return setting;
}

void add_permissions(const Configuration& config, std::vector<Setting>& out) {
  for (const auto* key : {"permissions.allow", "permissions.ask", "permissions.deny"}) {
    Candidates candidates;
    candidates.add_given(config, key);
    if (!candidates.empty()) out.push_back(joined(candidates.setting(key)));
  }
}

void add_place(const Result<Place>& place, std::string_view key, Candidates candidates, std::vector<Setting>& out) {
  auto setting = candidates.setting(std::string(key));
  if (place && setting.winner.origin == "not set") setting.winner = {place->value, place->origin};
  out.push_back(std::move(setting));
}

}  // namespace

std::vector<Setting> shown_settings(const Configuration& config) {
  std::vector<Setting> out;
  add_models(config, out);
  for (const auto& [name, spec] : config.settings.providers) add_provider(config, name, out);
  for (const auto& key : setting_keys()) {
    if (key.name.find('*') != std::string::npos || key.name.starts_with("permissions.") || key.name == "data_dir")
      continue;
    Candidates candidates;
    candidates.add_given(config, key.name);
    candidates.add(std::string(key.built_in), "built-in");
    out.push_back(candidates.setting(key.name));
  }
  add_permissions(config, out);
  Candidates data_dir;
  data_dir.add_variable(config, "ERRAND_DATA_DIR", false);
  data_dir.add_given(config, "data_dir");
  add_place(data_directory(config, std::nullopt), "data_dir", std::move(data_dir), out);
  Candidates user;
  user.add_variable(config, "ERRAND_USER", false);
  add_place(user_name(config, std::nullopt), "user", std::move(user), out);
  return out;
}

std::vector<GivenValue> origins_of(const AgentEntry& entry) {
  std::vector<GivenValue> out;
  for (const auto& key : entry.kind == DefinitionKind::agent ? agent_keys() : subagent_keys()) {
    const auto found = std::ranges::find(entry.given, key.name, &GivenValue::key);
    if (found != entry.given.end()) {
      out.push_back(*found);
      const bool is_built_in = found->source == Source::held_back && found->held_back.empty();
      if (is_built_in) out.back().held_back = std::exchange(out.back().value, std::string(key.built_in));
    } else {
      auto value = key.name == "name" ? entry.definition.id : std::string(key.built_in);
      out.push_back({key.name, std::move(value), Source::built_in, {}});
    }
  }
  return out;
}

}  // namespace errand::config
