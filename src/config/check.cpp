#include <algorithm>

#include "base/file.hpp"
#include "config/front_matter.hpp"
#include "config/loader.hpp"
#include "config/script_reader.hpp"
#include "config/test_case.hpp"

namespace errand::config {

namespace {

enum class FileKind { agents, subagents, settings, script, skill, markdown_subagent, test_case };

FileKind kind_of_text(std::string_view text) {
  std::vector<Error> ignored;  // what is no YAML is reported where the file is read
  const auto document = yaml::parse(text, "", ignored);
  if (document.root.find("turns") != nullptr) return FileKind::script;
  if (document.root.find("subagents") != nullptr) return FileKind::subagents;
  if (document.root.find("agents") != nullptr) return FileKind::agents;
  return has_our_settings(text) ? FileKind::settings : FileKind::agents;
}

FileKind kind_of(const std::string& path, std::string_view text) {
  const auto name = file_name(path);
  if (name == "agents.yaml") return FileKind::agents;
  if (name == "subagents.yaml") return FileKind::subagents;
  if (name == "config.yaml") return FileKind::settings;
  if (name == "SKILL.md") return FileKind::skill;
  if (name.ends_with(".test.yaml") || name.ends_with(".test.yml")) return FileKind::test_case;
  if (name.ends_with(".md")) return FileKind::markdown_subagent;
  return kind_of_text(text);
}

// What a whole load found, as far as it concerns one file.
FileReport load_and_pick(Loader loader, const std::string& shown) {
  FileReport out;
  auto loaded = loader.run();
  const auto concerns = [&](const std::optional<Location>& where) { return where && where->file == shown; };
  if (!loaded) {
    for (auto& mistake : loaded.error()) {
      if (concerns(mistake.where)) out.mistakes.push_back(std::move(mistake));
    }
  }
  for (const auto& warning : loaded ? loaded->warnings : loader.warnings()) {
    if (concerns(warning.where)) out.warnings.push_back(warning);
  }
  return out;
}

FileReport check_definitions(const Sources& sources, DefinitionKind kind, const std::string& path,
                             const std::string& shown) {
  Loader loader(sources, Scope::all);
  loader.use_project_root(parent_path(path));
  loader.use_definitions_file(kind, path);
  return load_and_pick(std::move(loader), shown);
}

FileReport check_settings_file(Sources sources, const std::string& path, const std::string& shown) {
  sources.config_file = path;
  return load_and_pick(Loader(sources, Scope::settings), shown);
}

FileReport check_script(std::string_view text, const std::string& shown) {
  Findings findings;
  const auto document = yaml::parse(text, shown, findings.mistakes);
  Reader reader(shown, parent_path(shown), findings);
  if (document.usable) read_script(document.root, reader);
  return {std::move(findings.mistakes), std::move(findings.warnings)};
}

FileReport check_markdown(FileKind kind, std::string_view text, const std::string& path, const std::string& shown) {
  FileReport out;
  if (kind == FileKind::skill) {
    read_skill(text, shown, file_name(parent_path(path)), out.mistakes);
  } else {
    read_markdown_subagent(text, shown, out.mistakes);
  }
  return out;
}

FileReport check_test_case(const std::string& path, const std::string& shown) {
  auto loaded = load_test_case(path, shown);
  if (loaded) return {};
  FileReport out;
  out.mistakes = std::move(loaded.error().others);
  loaded.error().others.clear();
  out.mistakes.insert(out.mistakes.begin(), std::move(loaded).error());
  return out;
}

}  // namespace

FileReport check_file(const Sources& given, const std::string& path) {
  auto sources = given;
  sources.cwd = real_path(sources.cwd).value_or(sources.cwd);
  const auto named = normalize_path(join_path(sources.cwd, path));
  const auto text = read_file(named, yaml::max_bytes);
  if (!text) return {{text.error()}, {}};
  const auto absolute = real_path(named).value_or(named);
  const auto shown = shown_path(absolute, sources);
  const auto kind = kind_of(absolute, *text);
  switch (kind) {
    case FileKind::agents:
      return check_definitions(sources, DefinitionKind::agent, absolute, shown);
    case FileKind::subagents:
      return check_definitions(sources, DefinitionKind::subagent, absolute, shown);
    case FileKind::settings:
      return check_settings_file(sources, absolute, shown);
    case FileKind::script:
      return check_script(*text, shown);
    case FileKind::test_case:
      return check_test_case(absolute, shown);
    case FileKind::skill:
    case FileKind::markdown_subagent:
      return check_markdown(kind, *text, absolute, shown);
  }
  return {};
}

}  // namespace errand::config
