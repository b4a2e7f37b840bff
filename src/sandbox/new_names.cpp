#include "sandbox/new_names.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/id.hpp"
#include "base/log.hpp"
#include "sandbox/beneath.hpp"
#include "sandbox/listing.hpp"
#include "sandbox/lookup.hpp"
#include "sandbox/place.hpp"
#include "sandbox/repository.hpp"

namespace errand::sandbox {

namespace {

constexpr std::string_view git_name = ".git";

std::vector<std::string> worktrees_of(const std::string& git) {
  const auto directory = join_path(git, "worktrees");
  std::vector<std::string> out;
  for (const auto& entry : list(directory).entries) out.push_back(join_path(directory, entry.name));
  return out;
}

}  // namespace

// Moves what was made out of the way, and remembers what to say of it.
class NewNames::Mover {
 public:
  Mover() : top_(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

  void move(const std::string& root, const std::string& path) {
    const auto held = fmt::format("{}.held-{}", file_name(path), random_hex(4));
    const auto parent = open_beneath(top_.get(), parent_path(path).substr(1), O_PATH | O_DIRECTORY);
    const bool moved =
        parent && ::renameat2(parent.get(), file_name(path).c_str(), parent.get(), held.c_str(), RENAME_NOREPLACE) == 0;
    const int why = errno;
    const auto shown = shown_path(path.substr(std::min(path.size(), root.size() + 1)));
    said_.push_back(moved ? fmt::format("\"{}\" (now \"{}\")", shown, shown_path(held))
                          : fmt::format("\"{}\" (which could not be moved away: {})", shown, std::strerror(why)));
  }

  [[nodiscard]] const std::vector<std::string>& said() const { return said_; }

 private:
  Fd top_;
  std::vector<std::string> said_;
};

NewNames::NewNames(const SandboxPolicy& policy, const std::vector<Guarded>& guarded, WatcherPool& watchers)
    : own_(policy.own_names), watchers_(watchers), inotify_(watchers.take()), roots_(policy.writable) {
  for (const auto& root : roots_) look_at_top(policy, root);
  for (std::size_t i = 0; i < guarded.size(); ++i) {
    for (const auto& git : guarded[i].git_directories) look_at_git(roots_[i], git);
  }
}

NewNames::~NewNames() {
  watchers_.give_back(std::move(inotify_), watches_);
}

void NewNames::look_at_top(const SandboxPolicy& policy, const std::string& root) {
  Place top{root, root, {}};
  const auto note = [&](std::string_view name) {
    const auto path = join_path(root, name);
    if (place_of(policy, path) == sandbox::Place::guarded && !may_exist(path)) top.absent.emplace_back(name);
  };
  for (const auto name : guarded_names()) {
    if (name != git_name) note(name);
  }
  for (const auto name : names_guarded_at_top()) note(name);
  for (const auto pair : guarded_pairs()) note(pair);
  for (const auto name : usual_env_files()) note(name);
  watch(std::move(top));
}

void NewNames::look_at_git(const std::string& root, const std::string& git) {
  git_directories_.insert(git);
  for (auto& worktree : worktrees_of(git)) worktrees_.insert(std::move(worktree));
  Place inside{root, git, {}};
  for (const auto name : files_git_obeys()) {
    if (!may_exist(join_path(git, name))) inside.absent.emplace_back(name);
  }
  watch(std::move(inside));
}

void NewNames::watch(Place place) {
  constexpr std::uint32_t events = IN_CREATE | IN_MOVED_TO | IN_ONLYDIR | IN_DONT_FOLLOW;
  const auto add = [&](const std::string& directory) {
    const int watch = inotify_ ? ::inotify_add_watch(inotify_.get(), directory.c_str(), events) : -1;
    if (watch >= 0) return watches_.push_back(watch);
    log::debug("sandbox: can't watch {}; it is looked at when the command has ended", directory);
  };
  add(place.directory);
  for (const auto& name : place.absent) {
    const auto slash = name.find('/');
    if (slash == std::string::npos) continue;
    if (const auto first = join_path(place.directory, name.substr(0, slash)); is_real_directory(first)) add(first);
  }
  places_.push_back(std::move(place));
}

bool NewNames::is_made_by_command(const std::string& path) const {
  if (!may_exist(path)) return false;
  return own_->paths.with([&](const auto& paths) {
    return std::ranges::none_of(paths, [&](const auto& own) { return is_within(own, path); });
  });
}

bool NewNames::was_made() {
  // What exactly happened is looked up, not read: events can overflow.
  std::array<char, 4096> events{};
  while (::read(inotify_.get(), events.data(), events.size()) > 0) {
  }
  return std::ranges::any_of(places_, [&](const auto& place) {
    return std::ranges::any_of(place.absent,
                               [&](const auto& name) { return is_made_by_command(join_path(place.directory, name)); });
  });
}

std::string NewNames::undo(const std::vector<Guarded>& now) const {
  Mover mover;
  for (const auto& place : places_) {
    for (const auto& name : place.absent) {
      if (const auto path = join_path(place.directory, name); is_made_by_command(path)) mover.move(place.root, path);
    }
  }
  for (std::size_t i = 0; i < now.size(); ++i) {
    // A `.git` that is no directory points elsewhere.
    const auto git = join_path(roots_[i], git_name);
    const bool was_there = git_directories_.contains(git);
    if (!was_there && !is_real_directory(git) && is_made_by_command(git)) mover.move(roots_[i], git);
    for (const auto& directory : now[i].git_directories) undo_repository(mover, roots_[i], directory);
  }
  if (mover.said().empty()) return {};
  return fmt::format(
      "the command made {}: such names steer programs outside the sandbox, and commands may not make them",
      fmt::join(mover.said(), ", "));
}

void NewNames::undo_repository(Mover& mover, const std::string& root, const std::string& git) const {
  for (const auto& worktree : worktrees_of(git)) {
    if (!worktrees_.contains(worktree) && !worktree_is_plain(worktree)) mover.move(root, worktree);
  }
  if (git_directories_.contains(git) || !may_exist(git) || !repository_runs_programs(git)) return;
  if (git != root) return mover.move(root, git);
  for (const auto& name : {std::string("config"), std::string(hooks_name)}) {
    if (may_exist(join_path(git, name))) mover.move(root, join_path(git, name));
  }
}

}  // namespace errand::sandbox
