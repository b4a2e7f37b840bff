#pragma once

#include <string>
#include <vector>

#include "config/configuration.hpp"
#include "config/definition_reader.hpp"
#include "config/settings_reader.hpp"

// Internal to this room: everything that was read, before names are looked up and trust is asked for.
namespace errand::config {

struct LayerDefinitions {
  Layer layer = Layer::project;
  std::vector<DefinitionDraft> drafts;
};

/// Each nearest first.
struct Drafts {
  std::vector<SettingsDraft> settings;
  std::vector<LayerDefinitions> agents;
  std::vector<LayerDefinitions> subagents;
  std::vector<NameUse> default_agents;
  std::vector<EnvFileVariable> env_files;  ///< those this program reads
};

/// guard.cpp: what the project's files set that needs trust, and the drafts without it. `home` is what "~/" stands for.
struct Guarded {
  std::vector<GuardedValue> values;
  std::string hash;  ///< of the values and where their paths lead, not of where they stand; empty when there are none
  Drafts without;
};
Guarded guard(Drafts drafts, const std::string& project_root, const std::string& home);

/// definition_names.cpp: every model, subagent, skill and default agent that was named exists.
void check_names(const Drafts& drafts, const std::vector<SkillEntry>& skills, Findings& findings);

/// settings_build.cpp: the names of variables that may stand in .env files.
std::vector<std::string> read_variables(const std::vector<SettingsDraft>& settings);

/// settings_build.cpp: one value for each setting, from the drafts and the environment.
Settings build_settings(const std::vector<SettingsDraft>& drafts, const Sources& sources,
                        const std::vector<EnvFileVariable>& env_files);

/// settings_build.cpp: models whose provider nobody declares, providers without an address, unknown dialects.
void check_settings(const std::vector<SettingsDraft>& drafts, const Sources& sources, Findings& findings);

/// keys.cpp: a warning for each `api_key_file` that other users can read.
void warn_of_open_key_files(const Settings& settings, Findings& findings);

/// project.cpp: the nearest directory upwards that holds agents.yaml, else the nearest with .git, else `cwd`.
std::string find_project_root(const std::string& cwd);

/// project.cpp: whether `path`, links resolved, lies in the project (`root`: resolved). A clone's link may lead to any
/// file of the user's, and what skills and subagents say goes to the model.
[[nodiscard]] bool stays_in_project(const std::string& path, const std::string& root);

/// skills.cpp: all skills, by name, the nearer hiding the others. What is malformed is a warning.
std::vector<SkillEntry> find_skills(const Project& project, const Sources& sources, bool project_is_shipped,
                                    Findings& findings);

/// The name of a file as messages have it: relative when it lies below the working directory.
std::string shown_path(const std::string& path, const Sources& sources);

}  // namespace errand::config
