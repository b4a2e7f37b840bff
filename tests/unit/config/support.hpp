#pragma once

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "config/configuration.hpp"
#include "config/load.hpp"
#include "support/temp_dir.hpp"

namespace errand::config {

/// A home, a project and a place for the shipped files, none of which exist but the project.
class World {
 public:
  World() {
    sources.home = dir / "home";
    sources.user_config_dir = dir / "home/.config/errand";
    sources.state_dir = dir / "home/.local/state/errand";
    sources.shipped_dir = dir / "share";
    sources.cwd = dir / "project";
    make("home");
    make("share");
    make("project");
  }

  void make(const std::string& directory) const {
    if (!make_directories(dir / directory, 0755)) throw std::runtime_error("can't make " + directory);
  }

  /// `path` starts at the directory that holds home, project and share. Not synced to the disk: there are many.
  void write(const std::string& path, std::string_view text) const {
    const auto whole = dir / path;
    if (!make_directories(parent_path(whole), 0755)) throw std::runtime_error("can't make the directory of " + path);
    std::ofstream out(whole, std::ios::binary | std::ios::trunc);
    out << text;
    if (!out.flush()) throw std::runtime_error("can't write " + path);
  }

  [[nodiscard]] std::string read(const std::string& path) const { return read_file(dir / path).value_or("(no file)"); }

  [[nodiscard]] Configuration load(Scope scope = Scope::all) const {
    auto loaded = config::load(sources, scope);
    if (loaded) return *std::move(loaded);
    std::string all;
    for (const auto& error : loaded.error()) all += describe(error);
    throw std::runtime_error(all);
  }

  /// Every mistake as people read it.
  [[nodiscard]] std::string mistakes() const {
    const auto loaded = config::load(sources);
    std::string out;
    if (!loaded) {
      for (const auto& error : loaded.error()) out += describe(error);
    }
    return out;
  }

  errand::test::TempDir dir;
  Sources sources;
};

inline std::vector<std::string> codes(const Configuration& config) {
  std::vector<std::string> out;
  for (const auto& warning : config.warnings) out.push_back(warning.code);
  return out;
}

inline const AgentEntry& agent_of(const Configuration& config, std::string_view id) {
  for (const auto& entry : config.agents) {
    if (entry.definition.id == id) return entry;
  }
  throw std::runtime_error("no agent " + std::string(id));
}

}  // namespace errand::config
