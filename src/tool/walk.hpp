#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/call.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/glob.hpp"
#include "tool/tool.hpp"

namespace errand::tool {

/// The ignore files that hold in a directory: its own and those above it. Immutable, shared by the threads of a walk.
struct IgnoreScope {
  std::shared_ptr<const IgnoreScope> outer;  ///< weaker ones; null for the outermost
  std::size_t prefix_bytes = 0;              ///< of an absolute path: the directory the patterns lie in, with its '/'
  glob::IgnoreList patterns;
};

/// Where a walk starts.
struct WalkRoot {
  Fd fd;
  std::string path;                           ///< absolute, resolved
  std::shared_ptr<const IgnoreScope> ignore;  ///< what holds from above; null when nothing does
};

/// Opens a resolved directory and reads the ignore files from the repository's top (or the policy's root, when there is
/// no repository) down to it: .git/info/exclude and each .gitignore. The user's global excludes are not read.
Result<WalkRoot> open_walk_root(const Context& context, const sandbox::Resolved& directory);

enum class FoundKind { file, link };

/// A file met on a walk; valid during the visit.
struct Found {
  int directory_fd;           ///< open `name` from here, with O_NOFOLLOW: it may have been swapped
  std::string_view path;      ///< absolute
  std::string_view relative;  ///< to the root of the walk
  const char* name;
  FoundKind kind;
};

/// What one worker does with each file. A failure ends the walk.
using Visit = std::function<Result<void>(const Found&)>;

struct WalkOptions {
  std::function<bool(std::string_view relative)> enter;  ///< whether to look into a directory; empty: all of them
  int threads = 1;
};

struct WalkStats {
  std::size_t unreadable = 0;  ///< directories that could not be opened or listed
};

/// Visits every file and symbolic link below `root` that is neither ignored by git, hidden by the workspace nor denied
/// by Context.may_read, in no particular order. Links are not followed; version-control directories and other file
/// systems' special files are passed over; beyond 128 levels it stops descending. `make_visit` is called once on each
/// worker's behalf, so that a Visit may keep buffers of its own; visits of different workers run at once.
Result<WalkStats> walk(WalkRoot root, const Context& context, const WalkOptions& options,
                       const std::function<Visit()>& make_visit, const Call& call);

/// Threads worth using for a walk here: the processors, at most 8.
int walk_threads();

}  // namespace errand::tool
