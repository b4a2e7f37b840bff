#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "base/error.hpp"
#include "config/configuration.hpp"

namespace errand::config {

/// The Sources of this process: its working directory, environment and user. `shipped_dir` may be empty.
/// Relative XDG directories are ignored, as the XDG base directory specification says.
Result<Sources> process_sources(std::string shipped_dir);

/// The same for a process with that environment and working directory (absolute): what cron would start, say.
Sources sources_with(EnvMap env, std::string cwd, std::string shipped_dir);

enum class Scope {
  settings,  ///< config.yaml, .env and trust alone: for commands that need no agent
  all,
};

/// Reads everything `sources` names. All mistakes of all files come back at once, in the order of the files and
/// positions, each ErrorKind::config with its place and, for a name, the nearest known one. Never looks at the network.
/// A project's files lose what is guarded unless they are trusted, with one warning that names each.
tl::expected<Configuration, std::vector<Error>> load(const Sources& sources, Scope scope = Scope::all);

/// Everything wrong with single files: agents.yaml and subagents.yaml (as if they were the project's, with what stands
/// beside them), config.yaml, scripted models, test cases and SKILL.md, told apart by name and then by their keys.
struct FileReport {
  std::vector<Error> mistakes;
  std::vector<Warning> warnings;
};
FileReport check_file(const Sources& sources, const std::string& path);

/// What is wrong with a skill by the published Agent Skills format; `path` is its directory or SKILL.md.
std::vector<Error> check_skill(const std::string& path);

}  // namespace errand::config
