#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "config/drafts.hpp"
#include "config/models.hpp"

// What a project may set only once it is trusted: keys, endpoints and places of config.yaml and .env, permission to run
// without asking, a wider sandbox, and everything that would run a command.
namespace errand::config {

namespace {

using chat::RuleAction;
using chat::SandboxSettings;
using Source = GivenValue::Source;

// Whether a path below the project may be named as writable without trust: nothing in it is called as what the sandbox
// protects. A root that is named is writable whole, also where it lies in a protected place, so this is stricter than
// the sandbox is: any hidden name, at any depth.
bool is_plain_place(std::string_view relative) {
  constexpr auto steering =
      std::to_array<std::string_view>({"agents.yaml", "subagents.yaml", "config.yaml", "skills", "plugins",
                                       "Jenkinsfile", "azure-pipelines.yml", "bitbucket-pipelines.yml"});
  while (!relative.empty()) {
    const auto slash = relative.find('/');
    const auto name = relative.substr(0, slash);
    if (name.starts_with('.') || std::ranges::find(steering, name) != steering.end()) return false;
    relative = slash == std::string_view::npos ? std::string_view{} : relative.substr(slash + 1);
  }
  return true;
}

/// Takes guarded values out of drafts, and remembers them.
class Guard {
 public:
  Guard(std::string root, std::string home) : root_(std::move(root)), home_(std::move(home)) {}

  Guarded run(Drafts drafts) {
    note_known_models(drafts.settings);
    for (auto& settings : drafts.settings) {
      if (settings.layer == Layer::project) guard(settings);
    }
    for (auto* layers : {&drafts.agents, &drafts.subagents}) {
      for (auto& layer : *layers) {
        if (layer.layer == Layer::project) guard(layer, layers == &drafts.agents ? "agent" : "subagent");
      }
    }
    for (const auto& variable : drafts.env_files) {
      add({variable.name + " in " + file_name(variable.where.file), "", variable.where}, variable.value);
    }
    drafts.env_files.clear();
    auto covered = hash();
    return {std::move(values_), std::move(covered), std::move(drafts)};
  }

 private:
  void guard(SettingsDraft& settings) {
    for (auto& given : settings.given) {
      if (given.key.starts_with("providers.") || given.key.starts_with("budgets.") ||
          given.key.starts_with("sessions.") || given.key == "data_dir" || given.key == "permissions.allow") {
        hold(given, fmt::format("{} in {}", given.key, file_name(given.where.file)), covered_by(given, settings));
      }
    }
    guard_models(settings);
    settings.providers.clear();
    settings.data_dir.reset();
    settings.retention.reset();
    settings.max_sessions.reset();
    settings.day_usd.reset();
    settings.month_usd.reset();
    drop_allow_rules(settings.rules);
  }

  void note_known_models(const std::vector<SettingsDraft>& drafts) {
    for (const auto& settings : drafts) {
      if (settings.layer == Layer::project) continue;
      for (const auto& [alias, model] : settings.models) known_models_.insert(alias);
    }
  }

  // A project chooses its models, but neither what a name means to the user nor what the user's limits of money count.
  void guard_models(SettingsDraft& settings) {
    for (auto& [alias, model] : settings.models) {
      const bool is_known = known_models_.contains(alias) || builtin_model_named(alias);
      const auto prefix = fmt::format("models.{}.{}", alias, is_known ? "" : "price.");
      for (auto& given : settings.given) {
        if (given.key.starts_with(prefix))
          hold(given, fmt::format("{} in {}", given.key, file_name(given.where.file)), given.value);
      }
      model.price.reset();
    }
    std::erase_if(settings.models, [&](const auto& entry) {
      return known_models_.contains(entry.first) || builtin_model_named(entry.first).has_value();
    });
  }

  // The value itself, also where only "(set)" is shown of it.
  static std::string covered_by(const GivenValue& given, const SettingsDraft& settings) {
    constexpr std::string_view prefix = "providers.";
    constexpr std::string_view suffix = ".headers";
    if (given.value != secret_mark || !given.key.starts_with(prefix) || !given.key.ends_with(suffix))
      return given.value;
    const auto name = given.key.substr(prefix.size(), given.key.size() - prefix.size() - suffix.size());
    std::string out;
    const auto provider = settings.providers.find(name);
    if (provider == settings.providers.end() || !provider->second.headers) return out;
    for (const auto& [header, value] : *provider->second.headers) {
      out += fmt::format("{}:{}{}:{}", header.size(), header, value.size(), value);
    }
    return out;
  }

  void guard(LayerDefinitions& layer, std::string_view noun) {
    for (auto& draft : layer.drafts) {
      subject_ = fmt::format("{} \"{}\"", noun, draft.definition.id);
      guard_permissions(draft);
      guard_sandbox(draft);
      guard_commands(draft);
    }
  }

  void guard_permissions(DefinitionDraft& draft) {
    auto& definition = draft.definition;
    if (drop_allow_rules(definition.rules)) hold(draft, "permissions.allow");
    if (definition.permission_mode == chat::PermissionMode::bypass) {
      hold(draft, "permission_mode");
      definition.permission_mode = chat::PermissionMode::ask;
      definition.permission_mode_set = false;
    }
  }

  void guard_sandbox(DefinitionDraft& draft) {
    const SandboxSettings standard;
    auto& sandbox = draft.definition.sandbox;
    if (sandbox.network != standard.network) reset(draft, "sandbox.network", sandbox.network, standard.network);
    if (!sandbox.allowed_domains.empty()) reset(draft, "sandbox.allowed_domains", sandbox.allowed_domains, {});
    if (!sandbox.readable.empty()) {
      hold(draft, "sandbox.readable", destinations(sandbox.readable));
      sandbox.readable.clear();
    }
    if (!sandbox.env.empty()) reset(draft, "sandbox.env", sandbox.env, {});
    if (sandbox.memory_bytes > standard.memory_bytes) {
      reset(draft, "sandbox.memory", sandbox.memory_bytes, standard.memory_bytes);
    }
    if (sandbox.processes > standard.processes)
      reset(draft, "sandbox.processes", sandbox.processes, standard.processes);
    if (sandbox.cpu > standard.cpu) reset(draft, "sandbox.cpu", sandbox.cpu, standard.cpu);
    const auto leads_to = destinations(sandbox.writable);
    if (std::erase_if(sandbox.writable, [&](const std::string& path) { return !is_plain(path); }) > 0) {
      hold(draft, "sandbox.writable", leads_to);
      keep(draft, "sandbox.writable", fmt::format("[{}]", text::join(sandbox.writable, ", ")));
    }
  }

  void guard_commands(DefinitionDraft& draft) {
    for (const auto* key : {"hooks", "plugins", "mcp_servers"}) {
      const auto found = std::ranges::find(draft.given, key, &GivenValue::key);
      if (found != draft.given.end() && found->value != "{}" && found->value != "[]") hold(draft, key);
      for (auto& given : draft.given) {
        if (given.key.starts_with(fmt::format("{}.", key))) given.source = Source::held_back;
      }
    }
    draft.definition.hooks.clear();
    draft.definition.mcp_servers.clear();
    if (!is_inside(draft.output_schema_file)) {  // what a file says goes to the model
      hold(draft, "output_schema", destinations({draft.output_schema_file}));
      draft.definition.output_schema.clear();
    }
    if (!is_inside(draft.definition.cwd)) {
      hold(draft, "cwd", destinations({draft.definition.cwd}));
      draft.definition.cwd.clear();
    }
  }

  // Paths start at the workspace.
  [[nodiscard]] std::string whole(std::string_view path) const {
    if (path.starts_with("~/") && !home_.empty()) return join_path(home_, path.substr(2));
    return join_path(root_, path);
  }

  // Where a path leads, as the sandbox will follow it: ".." behind a link is the link's target's. What is not there yet
  // lies below what is; of a link to what is not there nobody can tell.
  [[nodiscard]] std::optional<std::string> destination(std::string_view path) const {
    const auto written = whole(path);
    if (auto resolved = real_path(written)) return *std::move(resolved);
    const auto normal = normalize_path(written);
    for (auto existing = normal; existing != "/"; existing = parent_path(existing)) {
      if (const auto resolved = real_path(existing)) {
        return join_path(*resolved, std::string_view(normal).substr(std::min(normal.size(), existing.size() + 1)));
      }
      if (path_exists(existing)) return std::nullopt;
    }
    return normal;
  }

  // What stays in the workspace widens nothing. A link that stands in it may lead anywhere.
  [[nodiscard]] bool is_inside(std::string_view path) const {
    if (path.empty()) return true;
    if (path.starts_with('~') || !is_within(normalize_path(whole(path)), root_)) return false;
    const auto leads_to = destination(path);
    return leads_to && is_within(*leads_to, root_);
  }

  // Also where a link leads to must be.
  [[nodiscard]] bool is_plain(std::string_view path) const {
    return is_inside(path) && is_plain_place(below_root(normalize_path(whole(path)))) &&
           is_plain_place(below_root(destination(path).value_or(std::string())));
  }

  [[nodiscard]] std::string_view below_root(std::string_view path) const {
    path.remove_prefix(std::min(path.size(), root_ == "/" ? 1 : root_.size() + 1));
    return path;
  }

  // Where links take these paths; nothing of those that are what they say. Trust in a link is trust in where it led.
  [[nodiscard]] std::string destinations(const std::vector<std::string>& paths) const {
    std::string out;
    for (const auto& path : paths) {
      const auto leads_to = destination(path);
      if (leads_to != normalize_path(whole(path))) out += fmt::format("\n{}", leads_to.value_or("nowhere"));
    }
    return out;
  }

  static bool drop_allow_rules(std::vector<chat::Rule>& rules) {
    return std::erase_if(rules, [](const chat::Rule& rule) { return rule.action == RuleAction::allow; }) > 0;
  }

  template <class T>
  void reset(DefinitionDraft& draft, std::string_view key, T& field, T standard) {
    hold(draft, key);
    field = std::move(standard);
  }

  // `covered_too`: what trust in the value depends on beside it.
  void hold(DefinitionDraft& draft, std::string_view key, std::string_view covered_too = {}) {
    const auto found = std::ranges::find(draft.given, key, &GivenValue::key);
    if (found == draft.given.end()) return;
    hold(*found, fmt::format("{} of {}", key, found->source == Source::defaults ? "_defaults" : subject_),
         found->value + std::string(covered_too));
  }

  // What counts of a value that was held back in part.
  static void keep(DefinitionDraft& draft, std::string_view key, std::string rest) {
    const auto found = std::ranges::find(draft.given, key, &GivenValue::key);
    if (found != draft.given.end()) found->held_back = std::exchange(found->value, std::move(rest));
  }

  void hold(GivenValue& given, std::string what, std::string_view covered) {
    given.source = Source::held_back;
    add({std::move(what), given.value == secret_mark ? "" : given.value, given.where}, covered);
  }

  // What stands in _defaults is one value, however many agents have it.
  void add(GuardedValue value, std::string_view covered) {
    if (!seen_.insert(fmt::format("{} {}", value.what, to_string(value.where))).second) return;
    covered_.push_back(fmt::format("{}:{}{}:{}", value.what.size(), value.what, covered.size(), covered));
    values_.push_back(std::move(value));
  }

  // Of the values alone: moving them about asks nobody again.
  std::string hash() {
    if (covered_.empty()) return {};
    std::ranges::sort(covered_);
    std::string all;
    for (const auto& covered : covered_) all += covered;
    return sha256_hex(all);
  }

  std::string root_;
  std::string home_;
  std::string subject_;
  std::vector<GuardedValue> values_;
  std::vector<std::string> covered_;
  std::set<std::string> seen_;
  std::set<std::string> known_models_;  // the user's own
};

}  // namespace

Guarded guard(Drafts drafts, const std::string& project_root, const std::string& home) {
  return Guard(project_root, home).run(std::move(drafts));
}

}  // namespace errand::config
