#include "sandbox/guard.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <deque>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string_view>

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.hpp"
#include "sandbox/listing.hpp"
#include "sandbox/place.hpp"
#include "sandbox/repository.hpp"

namespace errand::sandbox {

namespace {

// Some 10 us for each directory the first time, 1 us later.
constexpr int max_depth = 16;
constexpr int max_directories = 8000;
constexpr std::size_t max_entries = 50'000;  // of one directory; beyond, guarded names are looked up one by one
constexpr int max_module_depth = 4;

// Large, machine-made, and never the place of a project's own definitions.
constexpr auto skipped = std::to_array<std::string_view>({".venv", "__pycache__", "node_modules"});

// In a directory of a git directory's `worktrees`.
constexpr auto in_git_worktree = std::to_array<std::string_view>({"commondir", "config.worktree", "gitdir"});

// One directory as it was read.
struct Directory {
  timespec changed{};                // its status: a time that no program can set
  std::vector<std::string> guarded;  // names, and first components of pairs, in it
  std::vector<std::string> below;    // directories worth a look, by name
  bool has_git = false;
  bool is_git = false;  // looks like a git directory itself: git takes it for a bare repository
  bool closed = false;  // the user's own, and can't be looked into
};

// File systems stamp times coarsely: what changed this shortly before it was read may change again unseen.
constexpr std::int64_t settled_after_ns = 50'000'000;

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

bool is_settled(const timespec& changed) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now) - nanoseconds(changed) > settled_after_ns;
}

bool is_first_of_pair(std::string_view name) {
  return std::ranges::any_of(guarded_pairs(), [&](auto pair) { return pair.substr(0, pair.find('/')) == name; });
}

// The names that matter where a directory holds too many to read them all.
void look_up_names(Directory& out, const std::string& path) {
  out.guarded.clear();
  const auto add = [&](std::string_view name) {
    if (name != ".git" && may_exist(join_path(path, name))) out.guarded.emplace_back(name);
  };
  for (const auto name : guarded_names()) add(name);
  for (const auto pair : guarded_pairs()) add(pair.substr(0, pair.find('/')));
  for (const auto name : usual_env_files()) add(name);
  out.has_git = may_exist(join_path(path, ".git"));
}

bool has_git_layout(const std::string& path) {
  return std::ranges::all_of(std::to_array<const char*>({"HEAD", "objects", "refs"}),
                             [&](const char* name) { return may_exist(join_path(path, name)); });
}

Directory read_directory(const std::string& path, const struct stat& info) {
  Directory out;
  out.closed = ::access(path.c_str(), R_OK | X_OK) != 0;
  if (out.closed) {
    out.closed = info.st_uid == ::geteuid();
    return out;
  }
  auto listing = list(path, max_entries);
  bool has_head = !listing.whole;
  for (auto& [name, kind] : listing.entries) {
    has_head = has_head || name == "HEAD";
    if (name == ".git" && kind == EntryKind::directory) {
      out.has_git = true;
    } else if (is_guarded_name(name) || is_first_of_pair(name)) {
      out.guarded.push_back(std::move(name));
    } else if (kind == EntryKind::directory && std::ranges::find(skipped, name) == skipped.end()) {
      out.below.push_back(std::move(name));
    }
  }
  if (!listing.whole) look_up_names(out, path);
  out.is_git = has_head && has_git_layout(path);
  return out;
}

void add_if_there(std::vector<std::string>& found, const std::string& path) {
  if (may_exist(path)) found.push_back(path);
}

// Read anew every time: few, and not under the time of the directory that holds them.
void add_git_directory(Guarded& found, const std::string& git, int depth);

// A submodule named a/b has its git directory at modules/a/b.
void add_modules(Guarded& found, const std::string& modules, int depth) {
  if (depth >= max_module_depth) return;
  for (const auto& [name, kind] : list(modules).entries) {
    const auto path = join_path(modules, name);
    if (may_exist(path + "/HEAD")) {
      add_git_directory(found, path, depth + 1);
    } else if (kind == EntryKind::directory) {
      add_modules(found, path, depth + 1);
    }
  }
}

void add_git_files(std::vector<std::string>& found, const std::string& git) {
  found.push_back(join_path(git, hooks_name));
  for (const auto name : files_git_obeys()) add_if_there(found, join_path(git, name));
}

void add_git_directory(Guarded& found, const std::string& git, int depth) {
  if (::access(git.c_str(), R_OK | X_OK) != 0) {
    struct stat info {};
    if (::lstat(git.c_str(), &info) == 0 && info.st_uid == ::geteuid()) found.forced.push_back(git);
    return;
  }
  found.git_directories.push_back(git);
  add_git_files(found.paths, git);
  for (const auto& [name, kind] : list(git + "/worktrees").entries) {
    for (const auto file : in_git_worktree) {
      add_if_there(found.paths, git + "/worktrees/" + name + "/" + std::string(file));
    }
  }
  add_modules(found, git + "/modules", depth);
}

void add_guarded(std::vector<std::string>& found, const std::string& directory, const std::string& name) {
  const auto path = join_path(directory, name);
  if (!is_first_of_pair(name) || !is_real_directory(path)) {
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
  std::set<std::string> found;

  // What was found once and is still there, also where a look does not reach it any more.
  void keep(std::vector<std::string>& paths) {
    for (auto known = found.begin(); known != found.end();)
      known = may_exist(*known) ? std::next(known) : found.erase(known);
    found.insert(paths.begin(), paths.end());
    paths.assign(found.begin(), found.end());
  }

  const Directory* look_at(const std::string& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return nullptr;
    auto& directory = directories[path];
    if (nanoseconds(directory.changed) == nanoseconds(info.st_ctim)) return &directory;
    directory = read_directory(path, info);
    if (is_settled(info.st_ctim)) directory.changed = info.st_ctim;
    return &directory;
  }
};

GuardIndex::GuardIndex() : known_(std::make_unique<Known>()) {}
GuardIndex::GuardIndex(GuardIndex&&) noexcept = default;
GuardIndex& GuardIndex::operator=(GuardIndex&&) noexcept = default;
GuardIndex::~GuardIndex() = default;

Guarded GuardIndex::find(const std::string& root) {
  struct Waiting {
    std::string path;
    int levels;  // how many more levels below it are looked at
  };
  Guarded found;
  std::deque<Waiting> queue = {{root, max_depth}};
  for (int visited = 0; !queue.empty() && visited < max_directories; ++visited) {
    const auto [path, levels] = std::move(queue.front());
    queue.pop_front();
    const auto* directory = known_->look_at(path);
    if (directory == nullptr) continue;
    if (directory->closed && path != root) found.forced.push_back(path);
    for (const auto& name : directory->guarded) add_guarded(found.paths, path, name);
    if (directory->has_git) add_git_directory(found, join_path(path, ".git"), 0);
    if (directory->is_git) {
      found.git_directories.push_back(path);
      add_git_files(found.forced, path);
    }
    if (levels == 0) continue;
    for (const auto& name : directory->below) queue.push_back({join_path(path, name), levels - 1});
  }
  known_->keep(found.paths);
  std::ranges::sort(found.forced);
  std::ranges::sort(found.git_directories);
  return found;
}

std::vector<std::string> find_guarded_in_workspace(const std::string& workspace) {
  std::vector<std::string> out;
  for (const auto name : names_guarded_at_top()) {
    if (auto path = join_path(workspace, name); may_exist(path)) out.push_back(std::move(path));
  }
  return out;
}

}  // namespace errand::sandbox
