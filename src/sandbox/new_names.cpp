#include "sandbox/new_names.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/id.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "sandbox/beneath.hpp"
#include "sandbox/lookup.hpp"
#include "sandbox/place.hpp"

namespace errand::sandbox {

namespace {

constexpr std::string_view git_name = ".git";
constexpr std::size_t most_config_bytes = 64U << 10U;

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

std::vector<std::string> entries_of(const std::string& directory) {
  std::vector<std::string> out;
  const std::unique_ptr<DIR, CloseDirectory> listing(::opendir(directory.c_str()));
  if (!listing) return out;
  while (const auto* entry = ::readdir(listing.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") out.emplace_back(name);
  }
  return out;
}

bool is_real_directory(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// Sections and keys of git's configuration that start no program; "*" is any key. Values are looked at besides.
constexpr auto harmless_keys = std::to_array<std::string_view>({"advice.*",
                                                                "branch.*",
                                                                "color.*",
                                                                "commit.gpgsign",
                                                                "core.abbrev",
                                                                "core.autocrlf",
                                                                "core.bare",
                                                                "core.eol",
                                                                "core.filemode",
                                                                "core.ignorecase",
                                                                "core.logallrefupdates",
                                                                "core.precomposeunicode",
                                                                "core.quotepath",
                                                                "core.repositoryformatversion",
                                                                "core.safecrlf",
                                                                "core.sharedrepository",
                                                                "core.sparsecheckout",
                                                                "core.sparsecheckoutcone",
                                                                "core.symlinks",
                                                                "core.worktree",
                                                                "extensions.*",
                                                                "fetch.prune",
                                                                "gc.auto",
                                                                "init.defaultbranch",
                                                                "merge.conflictstyle",
                                                                "merge.ff",
                                                                "pull.ff",
                                                                "pull.rebase",
                                                                "push.autosetupremote",
                                                                "push.default",
                                                                "rebase.autostash",
                                                                "remote.fetch",
                                                                "remote.mirror",
                                                                "remote.prune",
                                                                "remote.tagopt",
                                                                "remote.url",
                                                                "rerere.enabled",
                                                                "submodule.active",
                                                                "submodule.url",
                                                                "user.email",
                                                                "user.name",
                                                                "user.signingkey"});

bool is_harmless_key(const std::string& section, const std::string& key) {
  return std::ranges::find(harmless_keys, section + "." + key) != harmless_keys.end() ||
         std::ranges::find(harmless_keys, section + ".*") != harmless_keys.end();
}

bool is_harmless_setting(const std::string& section, const std::string& line) {
  const auto equals = line.find('=');
  const auto key = text::lower(text::trim(std::string_view(line).substr(0, equals)));
  if (!is_harmless_key(section, key)) return false;
  // "ext::sh -c …" is a remote that is a command; quotes and backslashes could hide one, or go on in the next line.
  const auto value = equals == std::string::npos ? "" : line.substr(equals + 1);
  return value.find("::") == std::string::npos && value.find_first_of("\"\\") == std::string::npos;
}

// A header alone on its line: git reads a setting behind it too.
std::optional<std::string> section_of(const std::string& line) {
  if (line.find('\\') != std::string::npos) return std::nullopt;
  auto end = line.find(']');
  if (const auto quote = line.find('"'); quote < end) {
    const auto closing = line.find('"', quote + 1);
    end = closing == std::string::npos ? closing : line.find(']', closing);
  }
  if (end == std::string::npos || end + 1 != line.size()) return std::nullopt;
  return text::lower(line.substr(1, line.find_first_of(" \t.]\"") - 1));
}

bool is_harmless_config(const std::string& content) {
  std::string section;
  for (const auto& raw : text::lines(content)) {
    const std::string line(text::trim(raw));
    if (line.empty() || line.starts_with('#') || line.starts_with(';')) continue;
    if (line.starts_with('[')) {
      const auto named = section_of(line);
      if (!named) return false;
      section = *named;
    } else if (!is_harmless_setting(section, line)) {
      return false;
    }
  }
  return true;
}

// Nothing where there is no such file.
std::optional<std::string> content_of(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) return std::nullopt;
  auto content = read_all(file.get(), most_config_bytes);
  return content ? std::optional(*std::move(content)) : std::nullopt;
}

bool is_harmless_config_file(const std::string& path) {
  if (!may_exist(path)) return true;
  const auto content = content_of(path);
  return content && is_harmless_config(*content);
}

// As `git worktree add` writes it.
bool is_plain_worktree(const std::string& worktree) {
  return text::trim(content_of(join_path(worktree, "commondir")).value_or("")) == "../.." &&
         is_harmless_config_file(join_path(worktree, "config.worktree"));
}

constexpr auto guarded_in_git =
    std::to_array<std::string_view>({"commondir", "config", "config.worktree", "info/attributes"});

}  // namespace

bool repository_runs_programs(const std::string& git) {
  if (!is_real_directory(git) || may_exist(join_path(git, "commondir"))) return true;
  const auto hooks = join_path(git, hooks_name);
  if (may_exist(hooks) && !is_real_directory(hooks)) return true;
  const auto is_sample = [](const std::string& name) { return name.ends_with(".sample"); };
  if (!std::ranges::all_of(entries_of(hooks), is_sample)) return true;
  return !is_harmless_config_file(join_path(git, "config")) ||
         !is_harmless_config_file(join_path(git, "config.worktree"));
}

NewNames::NewNames(const SandboxPolicy& policy, const std::vector<Guarded>& guarded)
    : own_(policy.own_names), inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)), roots_(policy.writable) {
  for (const auto& root : roots_) look_at_top(policy, root);
  for (std::size_t i = 0; i < guarded.size(); ++i) {
    for (const auto& git : guarded[i].git_directories) look_at_git(roots_[i], git);
  }
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
  for (const char* name : {".env", ".env.local", ".env.development", ".env.production", ".env.test"}) note(name);
  watch(std::move(top));
}

void NewNames::look_at_git(const std::string& root, const std::string& git) {
  git_directories_.insert(git);
  for (const auto& name : entries_of(join_path(git, "worktrees"))) {
    worktrees_.insert(join_path(join_path(git, "worktrees"), name));
  }
  Place inside{root, git, {}};
  for (const auto name : guarded_in_git) {
    if (!may_exist(join_path(git, name))) inside.absent.emplace_back(name);
  }
  watch(std::move(inside));
}

void NewNames::watch(Place place) {
  constexpr std::uint32_t events = IN_CREATE | IN_MOVED_TO | IN_ONLYDIR | IN_DONT_FOLLOW;
  const auto add = [&](const std::string& directory) {
    if (inotify_ && ::inotify_add_watch(inotify_.get(), directory.c_str(), events) < 0) {
      log::debug("sandbox: can't watch {}; it is looked at when the command has ended", directory);
    }
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
  std::vector<std::string> said;
  const Fd top(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  const auto move_away = [&](const std::string& root, const std::string& path) {
    const auto held = fmt::format("{}.held-{}", file_name(path), random_hex(4));
    const auto parent = open_beneath(top.get(), parent_path(path).substr(1), O_PATH | O_DIRECTORY);
    const bool moved =
        parent && ::renameat2(parent.get(), file_name(path).c_str(), parent.get(), held.c_str(), RENAME_NOREPLACE) == 0;
    const auto shown = shown_path(path.substr(std::min(path.size(), root.size() + 1)));
    said.push_back(moved ? fmt::format("\"{}\" (now \"{}\")", shown, shown_path(held))
                         : fmt::format("\"{}\" (which could not be moved away: {})", shown, std::strerror(errno)));
  };
  for (const auto& place : places_) {
    for (const auto& name : place.absent) {
      if (const auto path = join_path(place.directory, name); is_made_by_command(path)) move_away(place.root, path);
    }
  }
  for (std::size_t i = 0; i < now.size(); ++i) {
    const auto& root = roots_[i];
    // A `.git` that is no directory points elsewhere.
    if (const auto git = join_path(root, git_name);
        !git_directories_.contains(git) && may_exist(git) && !is_real_directory(git) && is_made_by_command(git)) {
      move_away(root, git);
    }
    for (const auto& git : now[i].git_directories) {
      for (const auto& name : entries_of(join_path(git, "worktrees"))) {
        const auto worktree = join_path(join_path(git, "worktrees"), name);
        if (!worktrees_.contains(worktree) && !is_plain_worktree(worktree)) move_away(root, worktree);
      }
      if (git_directories_.contains(git) || !may_exist(git) || !repository_runs_programs(git)) continue;
      if (git != root) {
        move_away(root, git);
        continue;
      }
      for (const auto& name : {std::string("config"), std::string(hooks_name)}) {
        if (may_exist(join_path(git, name))) move_away(root, join_path(git, name));
      }
    }
  }
  if (said.empty()) return {};
  return fmt::format(
      "the command made {}: such names steer programs outside the sandbox, and commands may not make them",
      fmt::join(said, ", "));
}

}  // namespace errand::sandbox
