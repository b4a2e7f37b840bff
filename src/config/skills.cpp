#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "base/file.hpp"
#include "config/drafts.hpp"
#include "config/front_matter.hpp"
#include "config/load.hpp"

namespace errand::config {

namespace {

// The front matter is all that is read until a model asks for the skill.
constexpr std::size_t max_front_matter_bytes = std::size_t{64} << 10U;

struct Place {
  Layer layer;
  std::string directory;
};

std::vector<Place> skill_places(const Project& project, const Sources& sources, bool project_is_shipped) {
  std::vector<Place> out;
  for (const auto* below : {"skills", ".claude/skills", ".agents/skills"}) {
    out.push_back({Layer::project, join_path(project.root, below)});
  }
  if (!sources.user_config_dir.empty()) out.push_back({Layer::user, join_path(sources.user_config_dir, "skills")});
  if (!sources.shipped_dir.empty() && !project_is_shipped) {
    out.push_back({Layer::shipped, join_path(sources.shipped_dir, "skills")});
  }
  return out;
}

// The directories below `directory` that hold a SKILL.md, by name.
std::vector<std::string> skill_directories(const std::string& directory) {
  std::vector<std::string> out;
  std::error_code ignored;  // a directory that can't be listed has no skills
  for (std::filesystem::directory_iterator it(directory, ignored), end; !ignored && it != end; it.increment(ignored)) {
    auto path = it->path().string();
    if (is_regular_file(join_path(path, "SKILL.md"))) out.push_back(std::move(path));
  }
  std::ranges::sort(out);
  return out;
}

std::string read_head(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string out(max_front_matter_bytes, '\0');
  in.read(out.data(), static_cast<std::streamsize>(out.size()));
  out.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  return out;
}

void add_skill(std::vector<SkillEntry>& skills, SkillEntry entry) {
  const auto nearer =
      std::ranges::find(skills, entry.definition.name, [](const SkillEntry& e) { return e.definition.name; });
  if (nearer != skills.end()) {
    nearer->shadowed.push_back({entry.layer, entry.where});
  } else {
    skills.push_back(std::move(entry));
  }
}

// The user's own may be links, also where one stands among them: dotfiles are kept so.
bool leads_out(const std::string& path, const Project& project, const Sources& sources) {
  return project.root != sources.user_config_dir && !stays_in_project(path, project.root);
}

void warn(const std::vector<Error>& mistakes, bool is_used, const std::string& path, Findings& findings) {
  if (mistakes.empty()) return;
  const auto& first = mistakes.front();
  findings.warnings.push_back({"skill",
                               fmt::format("the skill {} is {}: {}", file_name(parent_path(path)),
                                           is_used ? "malformed" : "left out", first.message),
                               first.where});
}

}  // namespace

std::vector<SkillEntry> find_skills(const Project& project, const Sources& sources, bool project_is_shipped,
                                    Findings& findings) {
  std::vector<SkillEntry> out;
  for (const auto& place : skill_places(project, sources, project_is_shipped)) {
    for (const auto& directory : skill_directories(place.directory)) {
      const auto path = join_path(directory, "SKILL.md");
      const auto shown = shown_path(path, sources);
      if (place.layer == Layer::project && leads_out(path, project, sources)) {
        findings.warnings.push_back({"skill",
                                     fmt::format("the skill {} is left out: it leads out of the project through "
                                                 "a link",
                                                 file_name(directory)),
                                     Location{shown, 0, 0}});
        continue;
      }
      std::vector<Error> mistakes;
      auto skill = read_skill(read_head(path), shown, file_name(directory), mistakes);
      const bool is_usable = !skill.name.empty() && !skill.description.empty();
      warn(mistakes, is_usable, path, findings);
      if (!is_usable) continue;
      add_skill(out, {.definition = {std::move(skill.name), std::move(skill.description), directory,
                                     std::string(name_of(place.layer))},
                      .layer = place.layer,
                      .where = {shown, skill.name_line, 1},
                      .shadowed = {}});
    }
  }
  std::ranges::sort(out, {}, [](const SkillEntry& entry) { return entry.definition.name; });
  return out;
}

std::vector<Error> check_skill(const std::string& path) {
  const auto file = is_directory(path) ? join_path(path, "SKILL.md") : path;
  std::vector<Error> mistakes;
  auto text = read_file(file, yaml::max_bytes);
  if (!text) {
    mistakes.push_back(std::move(text).error());
    return mistakes;
  }
  const auto absolute = real_path(file);
  read_skill(*text, file, file_name(parent_path(absolute ? *absolute : file)), mistakes);
  return mistakes;
}

}  // namespace errand::config
