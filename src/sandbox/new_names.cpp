#include "sandbox/new_names.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
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
#include "sandbox/guard.hpp"
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

// Also for a link that leads nowhere.
bool is_there(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

bool is_real_directory(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// A section and key of git's configuration that starts no program; `remote.*.url` is looked at besides.
constexpr auto harmless_keys = std::to_array<std::string_view>(
    {"branch.merge", "branch.rebase", "branch.remote", "core.autocrlf", "core.bare", "core.eol", "core.filemode",
     "core.ignorecase", "core.logallrefupdates", "core.precomposeunicode", "core.repositoryformatversion",
     "core.symlinks", "extensions.objectformat", "init.defaultbranch", "remote.fetch", "remote.url", "user.email",
     "user.name"});

bool is_harmless_setting(const std::string& section, const std::string& line) {
  const auto equals = line.find('=');
  const auto key = text::lower(text::trim(std::string_view(line).substr(0, equals)));
  if (std::ranges::find(harmless_keys, section + "." + key) == harmless_keys.end()) return false;
  // "ext::sh -c …" is a remote that is a command; a value may go on in the next line.
  const auto value = equals == std::string::npos ? "" : line.substr(equals + 1);
  return value.find("::") == std::string::npos && !value.ends_with('\\');
}

bool is_harmless_config(const std::string& content) {
  std::string section;
  for (const auto& raw : text::lines(content)) {
    const std::string line(text::trim(raw));
    if (line.empty() || line.starts_with('#') || line.starts_with(';')) continue;
    if (line.starts_with('[')) {
      if (!line.ends_with(']')) return false;
      section = text::lower(line.substr(1, line.find_first_of(" \t.]\"") - 1));
      continue;
    }
    if (!is_harmless_setting(section, line)) return false;
  }
  return true;
}

std::vector<std::string> guarded_in_git() {
  return {"commondir", "config.worktree"};
}

}  // namespace

bool repository_runs_programs(const std::string& git) {
  if (!is_real_directory(git)) return true;
  for (const auto& name : guarded_in_git()) {
    if (is_there(join_path(git, name))) return true;
  }
  const auto hooks = join_path(git, hooks_name);
  if (is_there(hooks) && !is_real_directory(hooks)) return true;
  const auto is_sample = [](const std::string& name) { return name.ends_with(".sample"); };
  if (!std::ranges::all_of(entries_of(hooks), is_sample)) return true;
  const auto config = join_path(git, "config");
  if (!is_there(config)) return false;
  const Fd file(::open(config.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) return true;
  const auto content = read_all(file.get(), most_config_bytes);
  return !content || !is_harmless_config(*content);
}

NewNames::NewNames(const SandboxPolicy& policy)
    : own_(policy.own_names), inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  for (const auto& root : policy.writable) look_at(policy, root);
}

void NewNames::look_at(const SandboxPolicy& policy, const std::string& root) {
  const auto is_guarded = [&](const std::string& name) {
    return place_of(policy, join_path(root, name)) == sandbox::Place::guarded && !is_there(join_path(root, name));
  };
  Place top{root, "", {}, !is_there(join_path(root, git_name))};
  for (const auto name : guarded_names()) {
    if (name != git_name && is_guarded(std::string(name))) top.absent.emplace_back(name);
  }
  for (const auto name : names_guarded_at_top()) {
    if (is_guarded(std::string(name))) top.absent.emplace_back(name);
  }
  for (const auto pair : guarded_pairs()) {
    if (is_guarded(std::string(pair))) top.absent.emplace_back(pair);
  }
  for (const char* name : {".env", ".env.local"}) {
    if (is_guarded(name)) top.absent.emplace_back(name);
  }
  watch(std::move(top));

  const auto git = join_path(root, git_name);
  if (!is_real_directory(git)) return;
  Place inside{git, ".git/", {}, false};
  for (auto& name : guarded_in_git()) {
    if (!is_there(join_path(git, name))) inside.absent.push_back(std::move(name));
  }
  watch(std::move(inside));
}

void NewNames::watch(Place place) {
  constexpr std::uint32_t events = IN_CREATE | IN_MOVED_TO | IN_ONLYDIR | IN_DONT_FOLLOW;
  if (inotify_ && ::inotify_add_watch(inotify_.get(), place.directory.c_str(), events) < 0) {
    log::debug("sandbox: can't watch {}; it is looked at when the command has ended", place.directory);
  }
  for (const auto pair : guarded_pairs()) {
    const auto first = join_path(place.directory, pair.substr(0, pair.find('/')));
    if (inotify_ && is_real_directory(first)) ::inotify_add_watch(inotify_.get(), first.c_str(), events);
  }
  places_.push_back(std::move(place));
}

bool NewNames::is_made_by_command(const Place& place, const std::string& name) const {
  const auto path = join_path(place.directory, name);
  if (!is_there(path)) return false;
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
    return std::ranges::any_of(place.absent, [&](const auto& name) { return is_made_by_command(place, name); });
  });
}

std::string NewNames::undo() const {
  std::vector<std::string> said;
  const Fd top(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  const auto move_away = [&](const Place& place, const std::string& name) {
    const auto path = join_path(place.directory, name);
    const auto held = fmt::format("{}.held-{}", file_name(path), random_hex(4));
    const auto parent = open_beneath(top.get(), parent_path(path).substr(1), O_PATH | O_DIRECTORY);
    const bool moved =
        parent && ::renameat2(parent.get(), file_name(path).c_str(), parent.get(), held.c_str(), RENAME_NOREPLACE) == 0;
    said.push_back(moved ? fmt::format("\"{}\" (now \"{}\")", shown_path(place.shown + name), shown_path(held))
                         : fmt::format("\"{}\" (which could not be moved away: {})", shown_path(path),
                                       std::string(std::strerror(errno))));
  };
  for (const auto& place : places_) {
    for (const auto& name : place.absent) {
      if (is_made_by_command(place, name)) move_away(place, name);
    }
    const auto git = join_path(place.directory, git_name);
    if (place.may_get_git && is_there(git) && repository_runs_programs(git)) {
      move_away(place, std::string(git_name));
    }
  }
  if (said.empty()) return {};
  return fmt::format(
      "the command made {}: such names steer programs outside the sandbox, and commands may not make them",
      fmt::join(said, ", "));
}

}  // namespace errand::sandbox
