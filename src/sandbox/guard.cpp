#include "sandbox/guard.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <deque>
#include <map>
#include <memory>
#include <string_view>

#include <dirent.h>
#include <sys/stat.h>

#include "base/file.hpp"
#include "sandbox/place.hpp"

namespace errand::sandbox {

namespace {

// Some 5 ms for a large root the first time.
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

// One directory as it was read.
struct Directory {
  timespec modified{};
  std::vector<std::string> guarded;  // names, and first components of pairs, in it
  std::vector<std::string> below;    // directories worth a look, by name
  bool has_git = false;
};

// File systems stamp times coarsely: what changed this shortly before it was read may change again unseen.
constexpr std::int64_t settled_after_ns = 50'000'000;

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

bool is_settled(const timespec& modified) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now) - nanoseconds(modified) > settled_after_ns;
}

bool is_first_of_pair(std::string_view name) {
  return std::ranges::any_of(guarded_pairs(), [&](auto pair) { return pair.substr(0, pair.find('/')) == name; });
}

Directory read_directory(const std::string& path) {
  Directory out;
  for (auto& [name, kind] : entries_of(path)) {
    if (name == ".git" && kind == EntryKind::directory) {
      out.has_git = true;
    } else if (is_guarded_name(name) || is_first_of_pair(name)) {
      out.guarded.push_back(std::move(name));
    } else if (kind == EntryKind::directory && std::ranges::find(skipped, name) == skipped.end()) {
      out.below.push_back(std::move(name));
    }
  }
  return out;
}

void add_if_there(std::vector<std::string>& found, const std::string& path) {
  if (path_exists(path)) found.push_back(path);
}

// Read anew every time: few, and not under the time of the directory that holds them.
void add_git_directory(std::vector<std::string>& found, const std::string& git, int depth);

// A submodule named a/b has its git directory at modules/a/b.
void add_modules(std::vector<std::string>& found, const std::string& modules, int depth) {
  if (depth >= max_module_depth) return;
  for (const auto& [name, kind] : entries_of(modules)) {
    const auto path = join_path(modules, name);
    if (path_exists(path + "/HEAD")) {
      add_git_directory(found, path, depth + 1);
    } else if (kind == EntryKind::directory) {
      add_modules(found, path, depth + 1);
    }
  }
}

void add_git_directory(std::vector<std::string>& found, const std::string& git, int depth) {
  found.push_back(join_path(git, hooks_name));
  for (const auto name : in_git_directory) add_if_there(found, join_path(git, name));
  for (const auto& [name, kind] : entries_of(git + "/worktrees")) {
    for (const auto file : in_git_worktree) add_if_there(found, git + "/worktrees/" + name + "/" + std::string(file));
  }
  add_modules(found, git + "/modules", depth);
}

void add_guarded(std::vector<std::string>& found, const std::string& directory, const std::string& name) {
  const auto path = join_path(directory, name);
  struct stat info {};
  if (!is_first_of_pair(name) || ::lstat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    found.push_back(path);
    return;
  }
  for (const auto pair : guarded_pairs()) {
    if (pair.substr(0, pair.find('/')) == name) add_if_there(found, join_path(directory, pair));
  }
}

}  // namespace

struct GuardIndex::Known {
  std::map<std::string, Directory> directories;

  const Directory* look_at(const std::string& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return nullptr;
    auto& directory = directories[path];
    if (nanoseconds(directory.modified) == nanoseconds(info.st_mtim)) return &directory;
    directory = read_directory(path);
    if (is_settled(info.st_mtim)) directory.modified = info.st_mtim;
    return &directory;
  }
};

GuardIndex::GuardIndex() : known_(std::make_unique<Known>()) {}
GuardIndex::GuardIndex(GuardIndex&&) noexcept = default;
GuardIndex& GuardIndex::operator=(GuardIndex&&) noexcept = default;
GuardIndex::~GuardIndex() = default;

std::vector<std::string> GuardIndex::find(const std::string& root) {
  struct Waiting {
    std::string path;
    int levels;  // how many more levels below it are looked at
  };
  std::vector<std::string> found;
  std::deque<Waiting> queue = {{root, max_depth}};
  for (int visited = 0; !queue.empty() && visited < max_directories; ++visited) {
    const auto [path, levels] = std::move(queue.front());
    queue.pop_front();
    const auto* directory = known_->look_at(path);
    if (directory == nullptr) continue;
    for (const auto& name : directory->guarded) add_guarded(found, path, name);
    if (directory->has_git) add_git_directory(found, join_path(path, ".git"), 0);
    if (levels == 0) continue;
    for (const auto& name : directory->below) queue.push_back({join_path(path, name), levels - 1});
  }
  std::ranges::sort(found);
  return found;
}

std::vector<std::string> find_guarded(const std::string& root) {
  return GuardIndex().find(root);
}

std::vector<std::string> find_guarded_in_workspace(const std::string& workspace) {
  std::vector<std::string> out;
  for (const auto name : names_guarded_at_top()) {
    if (auto path = join_path(workspace, name); path_exists(path)) out.push_back(std::move(path));
  }
  return out;
}

}  // namespace errand::sandbox
