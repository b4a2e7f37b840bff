#pragma once

#include <span>
#include <string>
#include <string_view>

namespace errand::sandbox {

/// The name of git's directory of hooks.
inline constexpr std::string_view hooks_name = "hooks";

/// In a git directory, beside the hooks: what makes git run programs or tells it where to look for that.
std::span<const std::string_view> files_git_obeys();

/// Whether the repository whose git directory is `git` (absolute) runs programs by itself: it has hooks, it points
/// elsewhere, or its configuration says more than a fresh repository's and a name, a mail address, remotes and
/// branches. Also when it can't be read. Reads configurations stricter than git does.
bool repository_runs_programs(const std::string& git);

/// Whether `worktree`, a directory in a git directory's `worktrees`, is as `git worktree add` makes it.
bool worktree_is_plain(const std::string& worktree);

/// A directory, not a link to one.
bool is_real_directory(const std::string& path);

/// Whether something is there, a link that leads nowhere too; also when it can't be told.
bool may_exist(const std::string& path);

}  // namespace errand::sandbox
