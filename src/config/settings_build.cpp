#include <algorithm>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "chat/names.hpp"
#include "config/drafts.hpp"
#include "config/models.hpp"
#include "config/provider_build.hpp"
#include "config/settings.hpp"

// One value for each setting out of the files and the environment.
namespace errand::config {

namespace {

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
  out.takes_images = draft.images.value_or(out.takes_images);
  return out;
}

std::string place(const SettingsDraft& draft, const std::string& written, const Sources& sources) {
  if (written == "~") return sources.home;
  if (written.starts_with("~/")) return normalize_path(join_path(sources.home, written.substr(2)));
  return normalize_path(join_path(draft.directory, written));
}

void take(const SettingsDraft& draft, const Sources& sources, Settings& out) {
  out.budgets.day_usd = draft.day_usd.value_or(out.budgets.day_usd);
  out.budgets.month_usd = draft.month_usd.value_or(out.budgets.month_usd);
  out.retry.attempts = draft.attempts.value_or(out.retry.attempts);
  out.retry.restarts = draft.restarts.value_or(out.retry.restarts);
  out.retry.idle = draft.idle.value_or(out.retry.idle);
  out.sessions.retention = draft.retention.value_or(out.sessions.retention);
  out.sessions.compact_at = draft.compact_at.value_or(out.sessions.compact_at);
  out.sessions.max_sessions = draft.max_sessions.value_or(out.sessions.max_sessions);
  out.terminal.keys = draft.keys.value_or(out.terminal.keys);
  out.terminal.theme = draft.theme.value_or(out.terminal.theme);
  out.terminal.notify = draft.notify.value_or(out.terminal.notify);
  out.terminal.notify_after = draft.notify_after.value_or(out.terminal.notify_after);
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

void check_provider(const std::string& name, const ProviderDraft& provider, const Sources& sources,
                    Findings& findings) {
  const auto& known = sources.dialects;
  if (provider.like && !known.empty() && std::ranges::find(known, *provider.like) == known.end()) {
    add_mistake(provider.like_where,
                fmt::format("providers.{}.like names no known dialect: \"{}\"", name, *provider.like),
                text::suggest(*provider.like, known, "dialects"), findings);
  }
  if (provider.client_key && !provider.client_cert) {
    add_mistake(provider.where, fmt::format("the provider \"{}\" has a client_key and no client_cert", name),
                "name both files, or client_cert alone where it holds the key too", findings);
  }
}

}  // namespace

std::vector<std::string> read_variables(const std::vector<SettingsDraft>& settings) {
  std::vector<std::string> out = {"ERRAND_USER", "ERRAND_DATA_DIR", "DATA_DIR"};
  for (const auto& name : provider_names(settings)) {
    for (auto& variable : variables_of(view_of(name, settings))) out.push_back(std::move(variable));
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
    out.providers[name] = provider_spec(name, view_of(name, drafts), environment, sources.home, out.unset_variables);
  }
  return out;
}

void check_settings(const std::vector<SettingsDraft>& drafts, const Sources& sources, Findings& findings) {
  auto known = provider_names(drafts);
  known.insert(known.end(), {"replay", "scripted"});
  for (const auto& draft : drafts) {
    for (const auto& [alias, model] : draft.models) {
      if (model.provider.empty() || std::ranges::find(known, model.provider) != known.end()) continue;
      add_mistake(model.provider_where, fmt::format("unknown provider \"{}\" of model \"{}\"", model.provider, alias),
                  text::suggest(model.provider, known, "providers"), findings);
    }
    for (const auto& [name, provider] : draft.providers) {
      check_provider(name, provider, sources, findings);
      const auto view = view_of(name, drafts);
      if (builtin_provider(name) != nullptr || !view.base_url.empty() || !view.base_url_variable.empty()) continue;
      add_mistake(provider.where, fmt::format("the provider \"{}\" has no base_url", name),
                  "say where it is: base_url: https://…", findings);
    }
  }
}

}  // namespace errand::config
