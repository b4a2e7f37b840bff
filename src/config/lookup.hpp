#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "config/configuration.hpp"

namespace errand::config {

/// By name; an unknown one is `config` with the nearest. The pointer is borrowed from `config`. An empty id means the
/// nearest `default_agent`, else the only agent there is.
Result<const AgentEntry*> find_agent(const Configuration& config, std::string_view id);
Result<const AgentEntry*> find_subagent(const Configuration& config, std::string_view name);
Result<const SkillEntry*> find_skill(const Configuration& config, std::string_view name);

/// Whether the models of that provider are files: "scripted" and "replay".
[[nodiscard]] bool plays_a_file(std::string_view provider);

/// `scripted/FILE` and `replay/FILE` with FILE made absolute, from `base_directory`; any other name as it is.
std::string with_absolute_file(std::string_view name, const std::string& base_directory);

/// The model a word names: an alias of config.yaml or a built-in one, an id of the built-in table, `provider/model`
/// (cut at the first '/', any model passes), or `scripted/FILE` and `replay/FILE` with FILE relative to
/// `base_directory`. Any other word is `config` with the nearest; so is a provider that is held back or has no address.
Result<chat::ModelSpec> resolve_model(const Configuration& config, std::string_view name,
                                      const std::string& base_directory);

/// A fallback chain: each of `names`, where one may itself be a comma list.
Result<std::vector<chat::ModelSpec>> resolve_models(const Configuration& config, std::span<const std::string> names,
                                                    const std::string& base_directory);

/// All providers, by name, with the keys found in the real environment and the trusted .env files.
std::vector<chat::ProviderSpec> providers(const Configuration& config);

/// The providers somebody set up, by name: with a key, a file or command for one, an address in a variable, or a
/// section in config.yaml that counts.
std::vector<chat::ProviderSpec> configured_providers(const Configuration& config);

/// Whether somebody wrote down which model that agent or subagent uses; those that come with this program do not count.
[[nodiscard]] bool names_its_model(const AgentEntry& entry);

/// What `errand models` lists: aliases (config.yaml's, then built-in ones), then the built-in table.
std::vector<chat::ModelSpec> known_models(const Configuration& config);

}  // namespace errand::config
