#include "config/lookup.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "config/keys.hpp"
#include "config/models.hpp"
#include "config/places.hpp"

namespace errand::config {

namespace {

std::string_view name_in(const AgentEntry& entry) {
  return entry.definition.id;
}

std::string_view name_in(const SkillEntry& entry) {
  return entry.definition.name;
}

template <class Entry>
Result<const Entry*> find(const std::vector<Entry>& entries, std::string_view name, std::string_view noun) {
  std::vector<std::string> known;
  for (const auto& entry : entries) {
    if (name_in(entry) == name) return &entry;
    known.emplace_back(name_in(entry));
  }
  return fail(ErrorKind::config, fmt::format("unknown {} \"{}\"", noun, name),
              text::suggest(name, known, fmt::format("{}s", noun)));
}

std::vector<std::string> model_aliases(const Configuration& config) {
  std::vector<std::string> out;
  for (const auto& [alias, model] : config.settings.models) out.push_back(alias);
  for (const auto& model : builtin_aliases()) {
    if (!config.settings.models.contains(model.alias)) out.push_back(model.alias);
  }
  return out;
}

Result<void> check_provider(const Configuration& config, const std::string& provider, std::string_view name) {
  if (plays_a_file(provider)) return {};
  const auto found = config.settings.providers.find(provider);
  if (found == config.settings.providers.end()) {
    if (std::ranges::find(config.held_back_providers, provider) != config.held_back_providers.end()) {
      return fail(ErrorKind::config,
                  fmt::format("the provider \"{}\" is held back: this project is not trusted", provider),
                  "errand trust shows what the project sets, and allows it");
    }
    std::vector<std::string> known = {"replay", "scripted"};
    for (const auto& [other, spec] : config.settings.providers) known.push_back(other);
    return fail(ErrorKind::config, fmt::format("unknown provider \"{}\" in \"{}\"", provider, name),
                text::suggest(provider, known, "providers"));
  }
  if (!found->second.base_url.empty()) return {};
  const auto* builtin = builtin_provider(provider);
  const auto variable = builtin != nullptr ? fmt::format("set {}, or ", builtin->base_url_variable) : std::string();
  return fail(ErrorKind::config, fmt::format("the provider \"{}\" has no address", provider),
              fmt::format("{}set providers.{}.base_url in config.yaml", variable, provider));
}

// Facts about a model that its own provider's table has: windows are the same behind a proxy, prices are not.
void add_known_facts(const Configuration& config, chat::ModelSpec& spec) {
  if (auto known = builtin_model(spec.provider, spec.id)) {
    known->alias = spec.alias;
    spec = *std::move(known);
    return;
  }
  spec.thinking = thinking_style(spec.provider, spec.id);
  const auto provider = config.settings.providers.find(spec.provider);
  if (provider == config.settings.providers.end() || provider->second.protocol != chat::Protocol::anthropic) return;
  if (const auto known = builtin_model("anthropic", spec.id)) {
    spec.context = known->context;
    spec.max_output = known->max_output;
  }
}

Result<chat::ModelSpec> spec_named(const Configuration& config, const std::string& name,
                                   const std::string& base_directory) {
  if (const auto own = config.settings.models.find(name); own != config.settings.models.end()) return own->second;
  if (auto builtin = builtin_model_named(name)) return *std::move(builtin);
  const auto slash = name.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == name.size())
    return fail(unknown_model(name, model_aliases(config)));
  chat::ModelSpec out;
  out.provider = name.substr(0, slash);
  out.id = name.substr(slash + 1);
  out.alias = name;
  if (plays_a_file(out.provider)) {
    out.id = normalize_path(join_path(base_directory, out.id));
  } else {
    add_known_facts(config, out);
  }
  return out;
}

bool is_set_up(const Configuration& config, const chat::ProviderSpec& provider) {
  if (key_source(config, provider).kind != KeySource::Kind::none) return true;
  const auto* builtin = builtin_provider(provider.name);
  if (builtin != nullptr && variable(config, builtin->base_url_variable)) return true;
  const auto section = fmt::format("providers.{}.", provider.name);
  return std::ranges::any_of(config.settings.given, [&](const GivenSettings& file) {
    return std::ranges::any_of(file.values, [&](const GivenValue& value) {
      return value.key.starts_with(section) && value.source != GivenValue::Source::held_back;
    });
  });
}

}  // namespace

bool plays_a_file(std::string_view provider) {
  return provider == "scripted" || provider == "replay";
}

std::string with_absolute_file(std::string_view name, const std::string& base_directory) {
  const auto slash = name.find('/');
  if (slash == std::string_view::npos || slash + 1 == name.size() || !plays_a_file(name.substr(0, slash)))
    return std::string(name);
  return fmt::format("{}/{}", name.substr(0, slash), normalize_path(join_path(base_directory, name.substr(slash + 1))));
}

Result<const AgentEntry*> find_agent(const Configuration& config, std::string_view id) {
  if (!id.empty()) return find(config.agents, id, "agent");
  if (!config.default_agent.empty()) return find(config.agents, config.default_agent, "agent");
  if (config.agents.size() == 1) return &config.agents.front();
  if (config.agents.empty())
    return fail(ErrorKind::config, "there are no agents here, and none came with errand",
                "write one: errand agents new ID --model MODEL; errand doctor says what else a run needs");
  std::vector<std::string> known;
  for (const auto& entry : config.agents) known.push_back(entry.definition.id);
  return fail(ErrorKind::config, "no agent was named, and there is no default_agent",
              fmt::format("name one with -a: {}", text::join(known, ", ")));
}

Result<const AgentEntry*> find_subagent(const Configuration& config, std::string_view name) {
  return find(config.subagents, name, "subagent");
}

Result<const SkillEntry*> find_skill(const Configuration& config, std::string_view name) {
  return find(config.skills, name, "skill");
}

Result<chat::ModelSpec> resolve_model(const Configuration& config, std::string_view name,
                                      const std::string& base_directory) {
  ERRAND_TRY_ASSIGN(auto spec, spec_named(config, std::string(name), base_directory));
  ERRAND_TRY(check_provider(config, spec.provider, name));
  return spec;
}

Result<std::vector<chat::ModelSpec>> resolve_models(const Configuration& config, std::span<const std::string> names,
                                                    const std::string& base_directory) {
  std::vector<chat::ModelSpec> out;
  for (const auto& name : names) {
    for (const auto& part : text::split(name, ',')) {
      ERRAND_TRY_ASSIGN(auto spec, resolve_model(config, text::trim(part), base_directory));
      out.push_back(std::move(spec));
    }
  }
  return out;
}

std::vector<chat::ProviderSpec> providers(const Configuration& config) {
  std::vector<chat::ProviderSpec> out;
  for (const auto& [name, spec] : config.settings.providers) out.push_back(spec);
  return out;
}

std::vector<chat::ProviderSpec> configured_providers(const Configuration& config) {
  auto out = providers(config);
  std::erase_if(out, [&](const chat::ProviderSpec& provider) { return !is_set_up(config, provider); });
  return out;
}

bool names_its_model(const AgentEntry& entry) {
  if (entry.layer == Layer::shipped || entry.layer == Layer::built_in) return false;
  return std::ranges::any_of(entry.given, [](const GivenValue& given) {
    return given.key == "model" && given.source != GivenValue::Source::built_in;
  });
}

std::vector<chat::ModelSpec> known_models(const Configuration& config) {
  std::vector<chat::ModelSpec> out;
  for (const auto& [alias, spec] : config.settings.models) out.push_back(spec);
  for (auto& spec : builtin_aliases()) {
    if (!config.settings.models.contains(spec.alias)) out.push_back(std::move(spec));
  }
  for (auto& spec : builtin_models()) out.push_back(std::move(spec));
  return out;
}

}  // namespace errand::config
