#include <algorithm>

#include <fmt/format.h>

#include "base/exit_code.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/command.hpp"
#include "cli/listing.hpp"
#include "cli/output.hpp"
#include "cli/setup.hpp"
#include "config/edit_setting.hpp"
#include "config/settings.hpp"

namespace errand::cli {

namespace {

Json setting_json(const config::Setting& setting) {
  auto losers = Json::array();
  for (const auto& loser : setting.losers) losers.push_back({{"value", loser.value}, {"origin", loser.origin}});
  return {{"key", setting.key},
          {"value", setting.winner.value},
          {"origin", setting.winner.origin},
          {"losers", std::move(losers)}};
}

class ConfigCommand final : public Command {
 public:
  void declare(Options& options) override {
    options.flag("--json", json_, "as JSON");
    options.flag("--origin", origin_, "with where each value comes from, and the values that lost");
    options.flag("--project", project_, "set or unset in the project's config.yaml, not in your own");
  }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    using Argument = VerbSpec::Argument;
    if (!words.empty() && words.front() == "set") return set(words, invocation);
    ERRAND_TRY_ASSIGN(const auto verb, read_verb("errand config", words,
                                                 {{"show"},
                                                  {"get", Argument::required},
                                                  {"set", Argument::required},
                                                  {"unset", Argument::required},
                                                  {"path"}}));
    if (verb.name == "unset") return unset(verb.argument, invocation);
    ERRAND_TRY_ASSIGN(const auto config, load_configuration(invocation, config::Scope::settings));
    if (verb.name == "path") return path(config, invocation);
    if (verb.name == "get") return get(config, verb.argument);
    return show(config);
  }

 private:
  Result<int> show(const config::Configuration& config) const {
    if (json_) {
      auto items = Json::array();
      for (const auto& setting : config::shown_settings(config)) items.push_back(setting_json(setting));
      return print_json({{"settings", std::move(items)}});
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& setting : config::shown_settings(config)) {
      if (!origin_) {
        rows.push_back({setting.key, setting.winner.value});
        continue;
      }
      rows.push_back({setting.key, setting.winner.value, setting.winner.origin});
      for (const auto& loser : setting.losers) rows.push_back({"  (lost)", loser.value, loser.origin});
    }
    if (!origin_) return print_table({{"key"}, {"value", Width::flexible}}, rows);
    return print_table({{"key"}, {"value", Width::flexible}, {"origin"}}, rows);
  }

  static Result<int> get(const config::Configuration& config, const std::string& key) {
    const auto shown = config::shown_settings(config);
    const auto found = std::ranges::find(shown, key, &config::Setting::key);
    if (found != shown.end()) return print_out(found->winner.value + "\n");
    std::vector<std::string> known;
    for (const auto& setting : shown) known.push_back(setting.key);
    return fail(ErrorKind::config, fmt::format("there is no setting \"{}\"", key),
                text::suggest(key, known, "settings"));
  }

  Result<int> set(const std::vector<std::string>& words, const Invocation& invocation) const {
    if (words.size() != 3)
      return fail(ErrorKind::usage, "errand config set takes a key and a value", "errand config set retry.attempts 5");
    ERRAND_TRY_ASSIGN(const auto sources, configuration_sources(invocation));
    ERRAND_TRY_ASSIGN(const auto path, config::settings_path(sources, owner()));
    ERRAND_TRY_ASSIGN(const auto where, config::set_setting(sources, path, words[1], words[2]));
    print_note(invocation.globals, fmt::format("{} is set at {}", words[1], to_string(where)));
    tell_what_wins(words[1], where, invocation);
    return exit_success;
  }

  Result<int> unset(const std::string& key, const Invocation& invocation) const {
    ERRAND_TRY_ASSIGN(const auto sources, configuration_sources(invocation));
    ERRAND_TRY_ASSIGN(const auto path, config::settings_path(sources, owner()));
    ERRAND_TRY_ASSIGN(const auto where, config::unset_setting(sources, path, key));
    print_note(invocation.globals, fmt::format("{} was taken out of {}", key, where.file));
    return exit_success;
  }

  // Rules of several files hold together, and name all of them.
  static bool counts(const config::Setting& setting, const std::string& place) {
    const auto origins = text::split(setting.winner.origin, ',');
    return std::ranges::any_of(origins, [&](const std::string& origin) { return text::trim(origin) == place; });
  }

  // A nearer file, a variable or missing trust may leave it without effect.
  static void tell_what_wins(const std::string& key, const Location& where, const Invocation& invocation) {
    const auto config = load_quietly(invocation, config::Scope::settings);
    if (!config) return;
    const auto shown = config::shown_settings(*config);
    const auto setting = std::ranges::find(shown, key, &config::Setting::key);
    if (setting == shown.end() || counts(*setting, to_string(where))) return;
    print_note(invocation.globals, fmt::format("warning: {} stays {}, as {} says; errand config show --origin", key,
                                               setting->winner.value, setting->winner.origin));
  }

  [[nodiscard]] config::SettingsOwner owner() const {
    return project_ ? config::SettingsOwner::project : config::SettingsOwner::user;
  }

  Result<int> path(const config::Configuration& config, const Invocation& invocation) const {
    ERRAND_TRY_ASSIGN(const auto place, place_of(invocation, config));
    const std::vector<std::pair<std::string, std::string>> paths = {{"project", config.project.root},
                                                                    {"workspace", place.workspace},
                                                                    {"user_config", config.sources.user_config_dir},
                                                                    {"shipped", config.sources.shipped_dir},
                                                                    {"data", place.data_directory},
                                                                    {"user", place.user}};
    if (json_) {
      Json out;
      for (const auto& [name, value] : paths) out[name] = value;
      return print_json(out);
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& [name, value] : paths) rows.push_back({name, value});
    return print_table({{"what"}, {"path", Width::flexible}}, rows);
  }

  bool json_ = false;
  bool origin_ = false;
  bool project_ = false;
};

}  // namespace

std::unique_ptr<Command> make_config_command() {
  return std::make_unique<ConfigCommand>();
}

}  // namespace errand::cli
