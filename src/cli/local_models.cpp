#include "cli/local_models.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/lookup.hpp"
#include "provider/local_models.hpp"

namespace errand::cli {

namespace {

bool is_remote(const chat::ProviderSpec& provider) {
  return !provider::is_local_server(provider);
}

}  // namespace

std::vector<chat::ProviderSpec> local_servers(const config::Configuration& config) {
  constexpr std::array names = {"ollama", "llamacpp", "vllm", "lmstudio"};
  std::vector<chat::ProviderSpec> out;
  for (const auto* name : names) {
    const auto known = config.settings.providers.find(name);
    if (known != config.settings.providers.end()) out.push_back(known->second);
  }
  return out;
}

// A model that was written down is never replaced by another.
bool LocalModels::is_chosen(const std::vector<std::string>& names) const {
  const auto writes = [&](const config::AgentEntry& entry) {
    return entry.definition.models == names && config::names_its_model(entry);
  };
  return std::ranges::any_of(config_.agents, writes) || std::ranges::any_of(config_.subagents, writes);
}

std::optional<chat::ModelSpec> LocalModels::found(const Call& call) {
  const std::lock_guard lock(mutex_);
  if (!searched_) found_ = provider::find_local_model(local_servers(config_), transport_(), call);
  searched_ = true;
  return found_;
}

void LocalModels::stand_in(std::vector<chat::ModelSpec>& chain, const std::vector<std::string>& names,
                           std::vector<chat::event::Warning>& warnings, const Call& call) {
  const auto needs_no_key = [&](const chat::ModelSpec& model) {
    const auto known = config_.settings.providers.find(model.provider);
    return known == config_.settings.providers.end() || !known->second.key_required;
  };
  if (std::ranges::any_of(chain, needs_no_key) || is_chosen(names)) return;
  if (std::ranges::any_of(config::configured_providers(config_), is_remote)) return;
  const auto local = found(call);
  if (!local) return;
  const auto& wanted = chain.front();
  warnings.push_back(
      {"local_model", fmt::format("there is no key for {}; {} answers instead, which runs on this machine "
                                  "(-m chooses another)",
                                  wanted.full_name(), local->full_name())});
  chain = {*local};
}

void LocalModels::fill_in_window(std::vector<chat::ModelSpec>& chain, const Call& call) {
  if (chain.empty() || chain.front().context > 0) return;
  auto& model = chain.front();
  const auto known = config_.settings.providers.find(model.provider);
  if (known == config_.settings.providers.end() || is_remote(known->second)) return;
  const std::lock_guard lock(mutex_);
  const auto asked = windows_.find(model.full_name());
  model.context =
      asked != windows_.end() ? asked->second : provider::ask_window(known->second, model.id, transport_(), call);
  windows_[model.full_name()] = model.context;
}

}  // namespace errand::cli
