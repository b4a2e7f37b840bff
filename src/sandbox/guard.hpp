#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace errand::sandbox {

/// The name of git's directory of hooks, listed by find_guarded() also where it does not exist.
inline constexpr std::string_view hooks_name = "hooks";

/// The guarded paths that exist below `root` (absolute), sorted; of git's directories only what a commit need not
/// write: hooks, config, attributes, links to other directories, and the same of submodules. A symbolic link at a
/// guarded name is listed as itself. Looks three levels deep and at no more than 1,000 directories, without following
/// links.
std::vector<std::string> find_guarded(const std::string& root);

/// As find_guarded(), for `root` itself and its git directory alone: cheap enough for every command.
std::vector<std::string> find_guarded_at_top(const std::string& root);

/// The names that are guarded at the top of the workspace only, where they exist.
std::vector<std::string> find_guarded_in_workspace(const std::string& workspace);

}  // namespace errand::sandbox
