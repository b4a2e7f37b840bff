#include "config/load.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "config/drafts.hpp"
#include "config/env_file.hpp"
#include "config/front_matter.hpp"
#include "config/loader.hpp"
#include "config/trust.hpp"

namespace errand::config {

namespace {

using Source = GivenValue::Source;

// Hexadecimal digits of a definition's hash: enough to see a change, short enough to read.
constexpr std::size_t definition_hash_length = 16;

// Guarded values that one warning names.
constexpr std::size_t max_named = 100;

std::string resolved(const std::string& path) {
  const auto real = real_path(path);
  return real ? *real : normalize_path(path);
}

std::string definition_hash(const DefinitionDraft& draft) {
  std::vector<std::string> parts = {draft.definition.id, draft.definition.output_schema};
  for (const auto& given : draft.given) {
    if (given.source != Source::held_back) parts.push_back(fmt::format("{}={}", given.key, given.value));
  }
  std::ranges::sort(parts);
  return sha256_hex(text::join(parts, "\n")).substr(0, definition_hash_length);
}

void add_entry(std::vector<AgentEntry>& entries, DefinitionKind kind, Layer layer, DefinitionDraft draft) {
  const auto nearer =
      std::ranges::find(entries, draft.definition.id, [](const AgentEntry& e) { return e.definition.id; });
  if (nearer != entries.end()) {
    nearer->shadowed.push_back({layer, draft.where});
    return;
  }
  draft.definition.hash = definition_hash(draft);
  entries.push_back({.kind = kind,
                     .definition = std::move(draft.definition),
                     .spending = draft.spending,
                     .layer = layer,
                     .where = std::move(draft.where),
                     .shadowed = {},
                     .given = std::move(draft.given)});
}

std::vector<AgentEntry> entries_of(DefinitionKind kind, std::vector<LayerDefinitions> layers) {
  std::vector<AgentEntry> out;
  for (auto& layer : layers) {
    for (auto& draft : layer.drafts) add_entry(out, kind, layer.layer, std::move(draft));
  }
  return out;
}

std::string listed(std::vector<UnusedKey> keys) {
  std::vector<std::string> out;
  std::ranges::stable_sort(keys);
  for (const auto& key : keys) {
    auto text = fmt::format("{} ({})", key.name, to_string(key.where));
    if (std::ranges::find(out, text) == out.end()) out.push_back(std::move(text));
  }
  return text::join(out, ", ");
}

// Mistakes by file, as the files were read, and position; what several agents share once.
std::vector<Error> sorted(std::vector<Error> mistakes) {
  std::vector<std::string> files;
  for (const auto& mistake : mistakes) {
    const auto file = mistake.where ? mistake.where->file : std::string();
    if (std::ranges::find(files, file) == files.end()) files.push_back(file);
  }
  const auto rank = [&](const Error& e) {
    static const Location nowhere;
    const auto& where = e.where ? *e.where : nowhere;
    return std::tuple(std::ranges::find(files, where.file), where.line, where.column, std::string_view(e.message));
  };
  std::ranges::stable_sort(mistakes, [&](const Error& a, const Error& b) { return rank(a) < rank(b); });
  mistakes.erase(std::unique(mistakes.begin(), mistakes.end()), mistakes.end());
  return mistakes;
}

std::vector<std::string> env_file_names(const std::string& environment) {
  if (environment.empty()) return {".env"};
  return {fmt::format(".env.{}.local", environment), fmt::format(".env.{}", environment), ".env"};
}

}  // namespace

std::string_view name_of(Layer layer) {
  switch (layer) {
    case Layer::flag:
      return "flag";
    case Layer::project:
      return "project";
    case Layer::user:
      return "user";
    case Layer::shipped:
      return "shipped";
    case Layer::built_in:
      break;
  }
  return "built-in";
}

Loader::Loader(const Sources& sources, Scope scope) : sources_(sources), scope_(scope) {
  sources_.cwd = resolved(sources_.cwd);
  if (!sources_.home.empty()) sources_.home = resolved(sources_.home);
  if (!sources_.user_config_dir.empty()) sources_.user_config_dir = resolved(sources_.user_config_dir);
  if (!sources_.shipped_dir.empty()) sources_.shipped_dir = resolved(sources_.shipped_dir);
}

void Loader::use_definitions_file(DefinitionKind kind, std::string path) {
  (kind == DefinitionKind::agent ? agents_file_ : subagents_file_) = std::move(path);
}

void Loader::use_project_root(std::string root) {
  project_.root = std::move(root);
}

tl::expected<Configuration, std::vector<Error>> Loader::run() {
  find_project();
  read_settings_files();
  read_env_files();
  if (scope_ == Scope::all) {
    read_all_definitions();
    skills_ = find_skills(project_, sources_, is_shipped_project(), findings_);
    check_names(drafts_, skills_, findings_);
  }
  check_settings(drafts_.settings, sources_, findings_);
  if (!findings_.mistakes.empty()) return tl::unexpected(sorted(std::move(findings_.mistakes)));
  decide_trust();
  if (!findings_.mistakes.empty()) return tl::unexpected(sorted(std::move(findings_.mistakes)));
  return finished();
}

void Loader::find_project() {
  if (project_.root.empty()) project_.root = find_project_root(sources_.cwd);
  const auto& root = project_.root;
  project_.is_workspace = root != "/" && (sources_.home.empty() || !is_within(sources_.home, root));
}

// The user's own directory is read as that, also when one stands in it.
bool Loader::reads_project() const {
  return project_.root != sources_.user_config_dir;
}

bool Loader::is_shipped_project() const {
  return project_.root == sources_.shipped_dir;
}

std::vector<Loader::Place> Loader::places() const {
  std::vector<Place> out;
  if (reads_project()) out.push_back({Layer::project, project_.root});
  if (!sources_.user_config_dir.empty()) out.push_back({Layer::user, sources_.user_config_dir});
  if (!sources_.shipped_dir.empty() && !is_shipped_project()) out.push_back({Layer::shipped, sources_.shipped_dir});
  return out;
}

Reader Loader::reader_for(const std::string& path) {
  return {shown_path(path, sources_), parent_path(path), findings_};
}

std::optional<std::string> Loader::read_text(const std::string& path) {
  auto text = read_file(path, yaml::max_bytes);
  if (text) return *std::move(text);
  auto error = std::move(text).error();
  error.kind = ErrorKind::config;
  error.where = Location{shown_path(path, sources_), 0, 0};
  findings_.mistakes.push_back(std::move(error));
  return std::nullopt;
}

void Loader::read_settings_files() {
  if (sources_.config_file)
    read_settings_file(Layer::flag, normalize_path(join_path(sources_.cwd, *sources_.config_file)));
  for (const auto& place : places()) {
    if (auto path = join_path(place.directory, "config.yaml"); path_exists(path)) read_settings_file(place.layer, path);
  }
}

void Loader::read_settings_file(Layer layer, const std::string& path) {
  const bool is_read = layer == Layer::flag && sources_.config_text;
  const auto text = is_read ? sources_.config_text : read_text(path);
  if (!text) return;
  auto reader = reader_for(path);
  if (layer == Layer::project && !text::trim(*text).empty() && !has_our_settings(*text)) {
    reader.warn("foreign_config", {1, 1}, "this config.yaml holds no setting of ours and is left alone");
    return;
  }
  const auto document = yaml::parse(*text, reader.file(), findings_.mistakes);
  if (document.usable) drafts_.settings.push_back(read_settings(document.root, layer, reader));
}

void Loader::read_env_files() {
  if (!reads_project()) return;
  const auto environment = sources_.env.find("ERRAND_ENV");
  const auto name = environment == sources_.env.end() ? std::string() : environment->second;
  if (name.find('/') != std::string::npos) {
    findings_.mistakes.push_back(
        {.kind = ErrorKind::config,
         .message = fmt::format("ERRAND_ENV is \"{}\", which is no part of a file's name", name),
         .hint = "write production, say, to read .env.production",
         .where = std::nullopt,
         .context = {}});
    return;
  }
  const auto known = read_variables(drafts_.settings);
  for (const auto& file : env_file_names(name)) {
    const auto path = join_path(project_.root, file);
    if (!is_regular_file(path)) continue;
    const auto text = read_text(path);
    if (!text) continue;
    auto parsed = parse_env(*text, shown_path(path, sources_));
    keep_known(known, std::move(parsed.variables));
    if (!parsed.malformed.empty()) malformed_env_.push_back({parsed.malformed.front(), parsed.malformed.size()});
  }
}

// Within one file the last line of a name counts, as a shell would have it.
void Loader::keep_known(const std::vector<std::string>& known, std::vector<EnvFileVariable> variables) {
  std::vector<std::string> seen;
  for (auto variable = variables.rbegin(); variable != variables.rend(); ++variable) {
    if (std::ranges::find(known, variable->name) == known.end()) continue;
    if (std::ranges::find(seen, variable->name) != seen.end()) continue;
    seen.push_back(variable->name);
    drafts_.env_files.push_back(std::move(*variable));
  }
}

void Loader::read_all_definitions() {
  for (const auto& place : places()) {
    const bool is_project = place.layer == Layer::project;
    read_definitions_file(
        DefinitionKind::agent, place.layer,
        is_project && !agents_file_.empty() ? agents_file_ : join_path(place.directory, "agents.yaml"));
    read_definitions_file(
        DefinitionKind::subagent, place.layer,
        is_project && !subagents_file_.empty() ? subagents_file_ : join_path(place.directory, "subagents.yaml"));
    if (is_project) read_markdown_subagents();
  }
}

void Loader::read_definitions_file(DefinitionKind kind, Layer layer, const std::string& path) {
  if (!path_exists(path)) return;
  const auto text = read_text(path);
  if (!text) return;
  auto reader = reader_for(path);
  const auto document = yaml::parse(*text, reader.file(), findings_.mistakes);
  if (!document.usable) return;
  auto file = read_definitions(document.root, kind, reader);
  (kind == DefinitionKind::agent ? drafts_.agents : drafts_.subagents).push_back({layer, std::move(file.drafts)});
  if (file.default_agent) drafts_.default_agents.push_back(*std::move(file.default_agent));
}

// They were written for another program: one we can't read is left out, with a warning.
void Loader::read_markdown_subagents() {
  LayerDefinitions layer{Layer::project, {}};
  std::error_code ignored;  // no such directory: no such subagents
  std::vector<std::string> paths;
  const auto directory = join_path(project_.root, ".claude/agents");
  for (std::filesystem::directory_iterator it(directory, ignored), end; !ignored && it != end; it.increment(ignored)) {
    if (auto path = it->path().string(); path.ends_with(".md") && is_regular_file(path))
      paths.push_back(std::move(path));
  }
  std::ranges::sort(paths);
  for (const auto& path : paths) {
    std::vector<Error> mistakes;
    if (!stays_in_project(path, project_.root)) {
      findings_.warnings.push_back(
          {"foreign_agent",
           fmt::format("the subagent in {} is left out: it leads out of the project through a link", file_name(path)),
           Location{shown_path(path, sources_), 0, 0}});
      continue;
    }
    const auto text = read_file(path, yaml::max_bytes);
    auto draft = text ? read_markdown_subagent(*text, shown_path(path, sources_), mistakes) : DefinitionDraft{};
    if (!text) mistakes.push_back(text.error());
    if (mistakes.empty()) {
      layer.drafts.push_back(std::move(draft));
    } else {
      findings_.warnings.push_back(
          {"foreign_agent",
           fmt::format("the subagent in {} is left out: {}", file_name(path), mistakes.front().message),
           mistakes.front().where});
    }
  }
  if (!layer.drafts.empty()) drafts_.subagents.push_back(std::move(layer));
}

void Loader::decide_trust() {
  // What is trusted is trusted as a whole, so its definitions count when only settings are wanted.
  if (scope_ == Scope::settings && reads_project() && !guard(drafts_, project_.root, sources_.home).values.empty()) {
    Findings findings;
    std::swap(findings, findings_);
    read_definitions_file(DefinitionKind::agent, Layer::project, join_path(project_.root, "agents.yaml"));
    read_definitions_file(DefinitionKind::subagent, Layer::project, join_path(project_.root, "subagents.yaml"));
    std::swap(findings, findings_);  // whatever is wrong with them concerns other commands
  }
  auto guarded = guard(drafts_, project_.root, sources_.home);
  project_.guarded = std::move(guarded.values);
  project_.guarded_hash = std::move(guarded.hash);
  if (project_.guarded.empty()) return;
  const auto records = trusted_projects(sources_.state_dir);
  if (!records) {
    findings_.mistakes.push_back(records.error());
    return;
  }
  if (std::ranges::find(*records, TrustRecord{project_.root, project_.guarded_hash}) != records->end()) {
    project_.trust = Trust::trusted;
    return;
  }
  const bool is_known = std::ranges::find(*records, project_.root, &TrustRecord::directory) != records->end();
  project_.trust = is_known ? Trust::changed : Trust::untrusted;
  remember_held_back_providers();
  drafts_ = std::move(guarded.without);
  malformed_env_.clear();
}

void Loader::remember_held_back_providers() {
  const auto declares = [](const SettingsDraft& draft, const std::string& name) {
    return draft.layer != Layer::project && draft.providers.contains(name);
  };
  for (const auto& draft : drafts_.settings) {
    if (draft.layer != Layer::project) continue;
    for (const auto& [name, provider] : draft.providers) {
      const auto is_declared = [&, &wanted = name](const SettingsDraft& other) { return declares(other, wanted); };
      if (std::ranges::none_of(drafts_.settings, is_declared)) held_back_providers_.push_back(name);
    }
  }
}

void Loader::warn_of_what_is_held_back() {
  std::vector<std::string> names;
  for (const auto& value : project_.guarded) {
    if (names.size() == max_named) break;
    names.push_back(fmt::format("{} ({})", value.what, to_string(value.where)));
  }
  if (project_.guarded.size() > max_named) {
    names.push_back(fmt::format("and {} more", project_.guarded.size() - max_named));
  }
  const auto subject = project_.root == sources_.cwd ? std::string("this directory") : project_.root;
  const auto* how = project_.trust == Trust::changed ? "not trusted with what it sets now" : "not trusted";
  findings_.warnings.push_back(
      {"untrusted",
       fmt::format("{} is {}, so this is held back: {}; errand trust allows it", subject, how, text::join(names, ", ")),
       std::nullopt});
}

void Loader::add_summaries() {
  const auto warn = [&](std::string_view code, std::string message, std::optional<Location> where = std::nullopt) {
    findings_.warnings.push_back({std::string(code), std::move(message), std::move(where)});
  };
  if (project_.trust == Trust::untrusted || project_.trust == Trust::changed) warn_of_what_is_held_back();
  if (!findings_.unused.empty()) {
    warn("not_used_yet", "checked, but without effect in this version: " + listed(findings_.unused));
  }
  if (!findings_.without_effect.empty()) {
    warn("older_key", "older keys without effect: " + listed(findings_.without_effect));
  }
  for (const auto& [where, count] : malformed_env_) {
    const auto more = count > 1 ? fmt::format(", as are {} more", count - 1) : std::string();
    warn("env_file", "this line assigns nothing and is passed over" + more, where);
  }
}

Configuration Loader::finished() {
  Configuration out;
  out.settings = build_settings(drafts_.settings, sources_, drafts_.env_files);
  warn_of_open_key_files(out.settings, findings_);
  add_summaries();
  if (scope_ == Scope::all) {
    out.agents = entries_of(DefinitionKind::agent, std::move(drafts_.agents));
    out.subagents = entries_of(DefinitionKind::subagent, std::move(drafts_.subagents));
    // Rules for every agent; a subagent's own stand below its parent's anyway.
    for (auto& entry : out.agents) {
      auto& rules = entry.definition.rules;
      rules.insert(rules.end(), out.settings.rules.begin(), out.settings.rules.end());
    }
    out.skills = std::move(skills_);
    if (!drafts_.default_agents.empty()) out.default_agent = drafts_.default_agents.front().name;
  }
  out.env_files = std::move(drafts_.env_files);
  out.held_back_providers = std::move(held_back_providers_);
  out.warnings = std::move(findings_.warnings);
  out.project = std::move(project_);
  out.sources = std::move(sources_);
  return out;
}

tl::expected<Configuration, std::vector<Error>> load(const Sources& sources, Scope scope) {
  return Loader(sources, scope).run();
}

}  // namespace errand::config
