#include <array>

#include "base/file.hpp"
#include "config/drafts.hpp"

namespace errand::config {

namespace {

std::string nearest_with(const std::string& cwd, std::string_view name) {
  for (auto directory = cwd;; directory = parent_path(directory)) {
    if (path_exists(join_path(directory, name))) return directory;
    if (directory == "/" || directory == ".") return {};
  }
}

}  // namespace

std::string find_project_root(const std::string& cwd) {
  for (const auto* name : {"agents.yaml", ".git"}) {
    if (auto found = nearest_with(cwd, name); !found.empty()) return found;
  }
  return cwd;
}

bool stays_in_project(const std::string& path, const std::string& root) {
  const auto resolved = real_path(path);
  return resolved && is_within(*resolved, root);
}

std::string shown_path(const std::string& path, const Sources& sources) {
  if (sources.cwd == "/" || path == sources.cwd || !is_within(path, sources.cwd)) return path;
  return path.substr(sources.cwd.size() + 1);
}

}  // namespace errand::config
