#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/drafts.hpp"
#include "config/models.hpp"

// Names that one file uses and another may define, looked up once all are read.
namespace errand::config {

namespace {

std::vector<std::string> ids_of(const std::vector<LayerDefinitions>& layers) {
  std::vector<std::string> out;
  for (const auto& layer : layers) {
    for (const auto& draft : layer.drafts) {
      if (is_definition_id(draft.definition.id)) out.push_back(draft.definition.id);
    }
  }
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool is_full(const Findings& findings) {
  return findings.mistakes.size() >= yaml::max_mistakes;
}

void add_unknown(std::string_view noun, const NameUse& use, const std::vector<std::string>& known, Findings& findings) {
  if (is_full(findings)) return;
  findings.mistakes.push_back({.kind = ErrorKind::config,
                               .message = fmt::format("unknown {} \"{}\"", noun, text::ellipsize(use.name, 100)),
                               .hint = text::suggest(use.name, known, fmt::format("{}s", noun)),
                               .where = use.where,
                               .context = {}});
}

/// Every word that may name a model, from all files whether or not they are trusted.
struct ModelNames {
  std::vector<std::string> aliases;
  std::vector<std::string> ids;
  std::vector<std::string> providers = {"replay", "scripted"};
};

ModelNames model_names(const std::vector<SettingsDraft>& settings) {
  ModelNames out;
  for (const auto& draft : settings) {
    for (const auto& [name, model] : draft.models) out.aliases.push_back(name);
    for (const auto& [name, provider] : draft.providers) out.providers.push_back(name);
  }
  for (const auto& model : builtin_aliases()) out.aliases.push_back(model.alias);
  for (const auto& model : builtin_models()) out.ids.push_back(model.id);
  for (const auto& provider : builtin_providers()) out.providers.emplace_back(provider.name);
  return out;
}

void check_model(const NameUse& use, const ModelNames& names, Findings& findings) {
  if (is_full(findings)) return;
  const auto slash = use.name.find('/');
  if (slash == std::string::npos) {
    if (contains(names.aliases, use.name) || contains(names.ids, use.name)) return;
    auto error = unknown_model(use.name, names.aliases);
    error.where = use.where;
    findings.mistakes.push_back(std::move(error));
    return;
  }
  const auto provider = use.name.substr(0, slash);
  if (!contains(names.providers, provider))
    return add_unknown("provider", {provider, use.where}, names.providers, findings);
  if (slash + 1 < use.name.size()) return;
  findings.mistakes.push_back({.kind = ErrorKind::config,
                               .message = fmt::format("\"{}\" names no model behind its provider", use.name),
                               .hint = "write provider/model",
                               .where = use.where,
                               .context = {}});
}

}  // namespace

void check_names(const Drafts& drafts, const std::vector<SkillEntry>& skills, Findings& findings) {
  const auto agents = ids_of(drafts.agents);
  const auto subagents = ids_of(drafts.subagents);
  std::vector<std::string> skill_names;
  for (const auto& skill : skills) skill_names.push_back(skill.definition.name);
  const auto models = model_names(drafts.settings);
  for (const auto* layers : {&drafts.agents, &drafts.subagents}) {
    for (const auto& layer : *layers) {
      for (const auto& draft : layer.drafts) {
        for (const auto& use : draft.models) check_model(use, models, findings);
        for (const auto& use : draft.subagents) {
          if (!contains(subagents, use.name)) add_unknown("subagent", use, subagents, findings);
        }
        for (const auto& use : draft.skills) {
          if (!contains(skill_names, use.name)) add_unknown("skill", use, skill_names, findings);
        }
      }
    }
  }
  for (const auto& use : drafts.default_agents) {
    if (!contains(agents, use.name)) add_unknown("agent", use, agents, findings);
  }
}

}  // namespace errand::config
