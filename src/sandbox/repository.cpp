#include "sandbox/repository.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "sandbox/listing.hpp"

namespace errand::sandbox {

namespace {

constexpr std::size_t most_config_bytes = 64U << 10U;

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

}  // namespace

bool is_real_directory(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

bool may_exist(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

std::span<const std::string_view> files_git_obeys() {
  static constexpr auto files =
      std::to_array<std::string_view>({"commondir", "config", "config.worktree", "info/attributes"});
  return files;
}

bool repository_runs_programs(const std::string& git) {
  if (!is_real_directory(git) || may_exist(join_path(git, "commondir"))) return true;
  const auto hooks = join_path(git, hooks_name);
  if (may_exist(hooks) && !is_real_directory(hooks)) return true;
  const auto is_sample = [](const Entry& entry) { return entry.name.ends_with(".sample"); };
  if (!std::ranges::all_of(list(hooks).entries, is_sample)) return true;
  return !is_harmless_config_file(join_path(git, "config")) ||
         !is_harmless_config_file(join_path(git, "config.worktree"));
}

bool worktree_is_plain(const std::string& worktree) {
  return text::trim(content_of(join_path(worktree, "commondir")).value_or("")) == "../.." &&
         is_harmless_config_file(join_path(worktree, "config.worktree"));
}

}  // namespace errand::sandbox
