#include <algorithm>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/command.hpp"
#include "cli/listing.hpp"
#include "cli/output.hpp"
#include "cli/setup.hpp"
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
  }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    using Argument = VerbSpec::Argument;
    ERRAND_TRY_ASSIGN(const auto verb,
                      read_verb("errand config", words, {{"show"}, {"get", Argument::required}, {"path"}}));
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
};

}  // namespace

std::unique_ptr<Command> make_config_command() {
  return std::make_unique<ConfigCommand>();
}

}  // namespace errand::cli
