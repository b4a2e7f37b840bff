#include "sandbox/guard.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <string_view>

#include <dirent.h>

#include "base/file.hpp"
#include "sandbox/place.hpp"

namespace errand::sandbox {

namespace {

// Once for a root, some 5 ms where it is large.
constexpr int max_depth = 3;
constexpr int max_directories = 1000;
constexpr std::size_t max_entries = 5000;  // of one directory below the root
constexpr int max_module_depth = 4;

// Large, machine-made, and never the place of a project's own definitions.
constexpr auto skipped = std::to_array<std::string_view>({".venv", "__pycache__", "node_modules"});

// In a git directory: what git runs or where it looks for that.
constexpr auto in_git_directory =
    std::to_array<std::string_view>({"commondir", "config", "config.worktree", "info/attributes"});
constexpr auto in_git_worktree = std::to_array<std::string_view>({"commondir", "config.worktree", "gitdir"});

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

enum class EntryKind { directory, other };

struct Entry {
  std::string name;
  EntryKind kind;
};

std::vector<Entry> entries_of(const std::string& path) {
  std::vector<Entry> out;
  const std::unique_ptr<DIR, CloseDirectory> listing(::opendir(path.c_str()));
  if (!listing) return out;
  while (const auto* entry = ::readdir(listing.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    // A file system that does not tell the type is looked at as a directory; opening it then decides.
    const bool directory = entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN;
    out.push_back({std::string(name), directory ? EntryKind::directory : EntryKind::other});
    if (out.size() == max_entries) break;
  }
  return out;
}

class Finder {
 public:
  std::vector<std::string> find(const std::string& root, int depth) {
    queue_.push_back({root, depth});
    for (int visited = 0; !queue_.empty() && visited < max_directories; ++visited) {
      const auto next = std::move(queue_.front());
      queue_.pop_front();
      visit(next.path, next.levels);
    }
    std::ranges::sort(found_);
    return std::move(found_);
  }

 private:
  struct Waiting {
    std::string path;
    int levels;  // how many more levels below it are looked at
  };

  void visit(const std::string& directory, int levels) {
    for (const auto& [name, kind] : entries_of(directory)) {
      const auto path = join_path(directory, name);
      if (name == ".git" && kind == EntryKind::directory) {
        add_git_directory(path, 0);
      } else if (is_guarded_name(name)) {
        found_.push_back(path);
      } else if (is_first_of_pair(name)) {
        add_pairs(directory, path, kind);
      } else if (kind == EntryKind::directory && levels > 0 && std::ranges::find(skipped, name) == skipped.end()) {
        queue_.push_back({path, levels - 1});
      }
    }
  }

  static bool is_first_of_pair(std::string_view name) {
    return std::ranges::any_of(guarded_pairs(), [&](auto pair) { return pair.substr(0, pair.find('/')) == name; });
  }

  void add_pairs(const std::string& directory, const std::string& first, EntryKind kind) {
    if (kind != EntryKind::directory) found_.push_back(first);
    if (kind != EntryKind::directory) return;
    for (const auto pair : guarded_pairs()) add_if_there(join_path(directory, pair));
  }

  void add_if_there(const std::string& path) {
    if (path_exists(path)) found_.push_back(path);
  }

  void add_git_directory(const std::string& git, int depth) {
    found_.push_back(join_path(git, hooks_name));
    for (const auto name : in_git_directory) add_if_there(join_path(git, name));
    for (const auto& [name, kind] : entries_of(git + "/worktrees")) {
      for (const auto file : in_git_worktree) add_if_there(git + "/worktrees/" + name + "/" + std::string(file));
    }
    add_modules(git + "/modules", depth);
  }

  // A submodule named a/b has its git directory at modules/a/b.
  void add_modules(const std::string& modules, int depth) {
    if (depth >= max_module_depth) return;
    for (const auto& [name, kind] : entries_of(modules)) {
      const auto path = join_path(modules, name);
      if (path_exists(path + "/HEAD")) {
        add_git_directory(path, depth + 1);
      } else if (kind == EntryKind::directory) {
        add_modules(path, depth + 1);
      }
    }
  }

  std::deque<Waiting> queue_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> find_guarded(const std::string& root) {
  return Finder().find(root, max_depth);
}

std::vector<std::string> find_guarded_at_top(const std::string& root) {
  return Finder().find(root, 0);
}

std::vector<std::string> find_guarded_in_workspace(const std::string& workspace) {
  std::vector<std::string> out;
  for (const auto name : names_guarded_at_top()) {
    if (auto path = join_path(workspace, name); path_exists(path)) out.push_back(std::move(path));
  }
  return out;
}

}  // namespace errand::sandbox
