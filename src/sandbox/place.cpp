#include "sandbox/place.hpp"

#include <algorithm>
#include <array>

#include "base/file.hpp"

namespace errand::sandbox {

namespace {

// Found at any depth; what lies below a directory of that name is guarded with it.
constexpr auto guarded_everywhere = std::to_array<std::string_view>({
    // git; the shell may write what a commit needs, see guard.cpp
    ".git",
    ".gitconfig",
    ".gitmodules",
    // agents, skills, MCP servers and hooks, ours and those of other programs
    ".agents",
    ".claude",
    ".codex",
    ".cursor",
    ".errand",
    ".gemini",
    ".mcp.json",
    ".husky",
    ".pre-commit-config.yaml",
    // editors
    ".idea",
    ".vscode",
    // continuous integration
    ".circleci",
    ".gitlab-ci.yml",
    ".travis.yml",
    "Jenkinsfile",
    "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
    // shells
    ".bash_aliases",
    ".bash_login",
    ".bash_logout",
    ".bash_profile",
    ".bashrc",
    ".envrc",
    ".profile",
    ".ssh",
    ".zlogin",
    ".zlogout",
    ".zprofile",
    ".zshenv",
    ".zshrc",
});

// Directories of two components.
constexpr auto guarded_paths = std::to_array<std::string_view>({".github/actions", ".github/workflows"});

constexpr auto guarded_at_top =
    std::to_array<std::string_view>({"agents.yaml", "config.yaml", "plugins", "skills", "subagents.yaml"});

// `.env` and `.env.<name>` hold keys and endpoints; these are their public patterns.
constexpr auto env_patterns =
    std::to_array<std::string_view>({".env.dist", ".env.example", ".env.sample", ".env.template"});

template <class Names>
bool contains(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool is_env_file(std::string_view name) {
  return (name == ".env" || name.starts_with(".env.")) && !contains(env_patterns, name);
}

// Takes the first component off `path`.
std::string_view next_component(std::string_view& path) {
  const auto slash = path.find('/');
  const auto name = path.substr(0, slash);
  path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  return name;
}

struct Match {
  std::string_view root;
  Place place = Place::outside;
};

// Later calls win over an equal match of earlier ones.
void match(Match& best, std::string_view path, const std::vector<std::string>& roots, Place place) {
  for (const auto& root : roots) {
    if (root.size() >= best.root.size() && is_within(path, root)) best = {root, place};
  }
}

Match most_specific(const SandboxPolicy& policy, std::string_view path) {
  Match best;
  match(best, path, policy.readable, Place::readable);
  match(best, path, policy.writable, Place::writable);
  match(best, path, policy.shown, Place::readable);
  match(best, path, policy.hidden, Place::hidden);
  return best;
}

std::string_view below(std::string_view path, std::string_view root) {
  path.remove_prefix(root == "/" ? 1 : std::min(path.size(), root.size() + 1));
  return path;
}

}  // namespace

bool is_guarded_name(std::string_view relative) {
  while (!relative.empty()) {
    for (const auto two : guarded_paths) {
      if (is_within(relative, two)) return true;
    }
    const auto name = next_component(relative);
    if (contains(guarded_everywhere, name) || is_env_file(name)) return true;
  }
  return false;
}

bool is_guarded_at_top(std::string_view relative) {
  return contains(guarded_at_top, next_component(relative));
}

std::span<const std::string_view> guarded_names() {
  return guarded_everywhere;
}

std::span<const std::string_view> usual_env_files() {
  static constexpr auto names =
      std::to_array<std::string_view>({".env", ".env.development", ".env.local", ".env.production", ".env.test"});
  return names;
}

std::span<const std::string_view> names_guarded_at_top() {
  return guarded_at_top;
}

std::span<const std::string_view> guarded_pairs() {
  return guarded_paths;
}

Place place_of(const SandboxPolicy& policy, std::string_view path) {
  const auto found = most_specific(policy, path);
  if (found.place != Place::writable) return found.place;
  if (is_guarded_name(below(path, found.root))) return Place::guarded;
  // A root that was named below the workspace is meant as it was named.
  const bool by_workspace = is_within(path, policy.workspace) && found.root.size() <= policy.workspace.size();
  return by_workspace && is_guarded_at_top(below(path, policy.workspace)) ? Place::guarded : Place::writable;
}

std::string_view root_of(const SandboxPolicy& policy, std::string_view path) {
  const auto found = most_specific(policy, path);
  return found.place == Place::hidden ? std::string_view{} : found.root;
}

}  // namespace errand::sandbox
