#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "chat/names.hpp"
#include "config/drafts.hpp"
#include "config/models.hpp"
#include "config/settings.hpp"

// One value for each setting out of the files and the environment.
namespace errand::config {

namespace {

/// The environment as settings see it: the real one, then the trusted .env files. Set but empty is not set.
struct Environment {
  const EnvMap& real;
  const std::vector<EnvFileVariable>& files;

  [[nodiscard]] std::string get(std::string_view name) const {
    if (name.empty()) return {};
    if (const auto found = real.find(name); found != real.end() && !found->second.empty()) return found->second;
    for (const auto& variable : files) {
      if (variable.name == name && !variable.value.empty()) return variable.value;
    }
    return {};
  }
};

/// A provider as the nearest file, then the next, then the program describes it.
struct ProviderView {
  chat::Protocol protocol = chat::Protocol::openai_chat;
  std::string base_url;
  std::string base_url_variable;
  std::string key_variable;
  bool key_required = false;
};

template <class T>
void fill(std::optional<T>& field, const std::optional<T>& value) {
  if (!field) field = value;
}

ProviderView view_of(std::string_view name, const std::vector<SettingsDraft>& drafts) {
  ProviderDraft merged;
  for (const auto& draft : drafts) {
    const auto found = draft.providers.find(std::string(name));
    if (found == draft.providers.end()) continue;
    fill(merged.protocol, found->second.protocol);
    fill(merged.base_url, found->second.base_url);
    fill(merged.base_url_variable, found->second.base_url_variable);
    fill(merged.key_variable, found->second.key_variable);
  }
  const auto* known = builtin_provider(name);
  ProviderView out;
  out.protocol = merged.protocol.value_or(known != nullptr ? known->protocol : chat::Protocol::openai_chat);
  out.base_url = merged.base_url.value_or(known != nullptr ? std::string(known->base_url) : "");
  out.base_url_variable =
      merged.base_url_variable.value_or(known != nullptr ? std::string(known->base_url_variable) : "");
  out.key_variable = merged.key_variable.value_or(known != nullptr ? std::string(known->key_variable) : "");
  out.key_required = merged.key_variable.has_value() || (known != nullptr && known->key == KeyUse::required);
  return out;
}

// Built-in ones in their order, then those of the files.
std::vector<std::string> provider_names(const std::vector<SettingsDraft>& drafts) {
  std::vector<std::string> out;
  for (const auto& provider : builtin_providers()) out.emplace_back(provider.name);
  std::set<std::string> others;
  for (const auto& draft : drafts) {
    for (const auto& [name, provider] : draft.providers) {
      if (builtin_provider(name) == nullptr) others.insert(name);
    }
  }
  out.insert(out.end(), others.begin(), others.end());
  return out;
}

chat::ProviderSpec spec_of(const std::string& name, const ProviderView& view, const Environment& environment) {
  auto base_url = environment.get(view.base_url_variable);
  if (base_url.empty()) base_url = view.base_url;
  while (base_url.ends_with('/')) base_url.pop_back();
  chat::ProviderSpec out{.name = name,
                         .protocol = view.protocol,
                         .base_url = std::move(base_url),
                         .key_variables = {},
                         .key = environment.get(view.key_variable),
                         .key_required = view.key_required};
  if (!view.key_variable.empty()) out.key_variables.push_back(view.key_variable);
  return out;
}

chat::ModelSpec spec_of(const std::string& alias, const ModelDraft& draft) {
  auto out = builtin_model(draft.provider, draft.id)
                 .value_or(chat::ModelSpec{.provider = draft.provider,
                                           .id = draft.id,
                                           .alias = {},
                                           .price = std::nullopt,
                                           .thinking = thinking_style(draft.provider, draft.id)});
  out.alias = alias;
  out.context = draft.context.value_or(out.context);
  out.max_output = draft.max_output.value_or(out.max_output);
  if (draft.price) out.price = draft.price;
  out.thinking = draft.thinking.value_or(out.thinking);
  return out;
}

std::string place(const SettingsDraft& draft, const std::string& written, const Sources& sources) {
  if (written == "~") return sources.home;
  if (written.starts_with("~/")) return normalize_path(join_path(sources.home, written.substr(2)));
  return normalize_path(join_path(draft.directory, written));
}

void take(const SettingsDraft& draft, const Sources& sources, Settings& out) {
  out.retry.attempts = draft.attempts.value_or(out.retry.attempts);
  out.retry.restarts = draft.restarts.value_or(out.retry.restarts);
  out.retry.idle = draft.idle.value_or(out.retry.idle);
  for (const auto& [alias, model] : draft.models) out.models[alias] = spec_of(alias, model);
  if (!draft.data_dir) return;
  out.data_dir = place(draft, *draft.data_dir, sources);
  const auto given = std::ranges::find(draft.given, "data_dir", &GivenValue::key);
  if (given != draft.given.end()) out.data_dir_origin = to_string(given->where);
}

void add_mistake(const Location& where, std::string message, std::string hint, Findings& findings) {
  findings.mistakes.push_back({.kind = ErrorKind::config,
                               .message = std::move(message),
                               .hint = std::move(hint),
                               .where = where,
                               .context = {}});
}

}  // namespace

std::vector<std::string> read_variables(const std::vector<SettingsDraft>& settings) {
  std::vector<std::string> out = {"ERRAND_USER", "ERRAND_DATA_DIR", "DATA_DIR"};
  for (const auto& name : provider_names(settings)) {
    const auto view = view_of(name, settings);
    if (!view.key_variable.empty()) out.push_back(view.key_variable);
    if (!view.base_url_variable.empty()) out.push_back(view.base_url_variable);
  }
  return out;
}

Settings build_settings(const std::vector<SettingsDraft>& drafts, const Sources& sources,
                        const std::vector<EnvFileVariable>& env_files) {
  Settings out;
  for (auto draft = drafts.rbegin(); draft != drafts.rend(); ++draft) take(*draft, sources, out);
  for (const auto& draft : drafts) {
    out.rules.insert(out.rules.end(), draft.rules.begin(), draft.rules.end());
    out.given.push_back({draft.layer, draft.given});
  }
  const Environment environment{sources.env, env_files};
  for (const auto& name : provider_names(drafts)) {
    out.providers[name] = spec_of(name, view_of(name, drafts), environment);
  }
  return out;
}

void check_settings(const std::vector<SettingsDraft>& drafts, Findings& findings) {
  auto known = provider_names(drafts);
  known.emplace_back("scripted");
  for (const auto& draft : drafts) {
    for (const auto& [alias, model] : draft.models) {
      if (model.provider.empty() || std::ranges::find(known, model.provider) != known.end()) continue;
      add_mistake(model.provider_where, fmt::format("unknown provider \"{}\" of model \"{}\"", model.provider, alias),
                  text::suggest(model.provider, known, "providers"), findings);
    }
    for (const auto& [name, provider] : draft.providers) {
      const auto view = view_of(name, drafts);
      if (builtin_provider(name) != nullptr || !view.base_url.empty() || !view.base_url_variable.empty()) continue;
      add_mistake(provider.where, fmt::format("the provider \"{}\" has no base_url", name),
                  "say where it is: base_url: https://…", findings);
    }
  }
}

}  // namespace errand::config
