#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "sandbox/policy.hpp"

namespace errand::sandbox {

/// Where a path lies for a tool.
enum class Place {
  writable,  ///< in a writable root
  readable,  ///< in a read-only root
  guarded,   ///< in a writable root, but a protected name (.git/hooks, agent definitions …): reading only
  outside,   ///< beyond the roots: needs the user's leave
  hidden,    ///< never: data directory, our configuration
};

/// A path as it was looked up: without symbolic links, "." and "..". The last components may not exist yet.
struct Resolved {
  std::string path;  ///< absolute
  Place place = Place::outside;
  bool exists = false;
};

enum class Leave { roots_only, outside_too };

struct OpenedFile {
  Fd fd;  ///< a regular file, readable
  struct stat info;
};

/// The file system as the in-process tools see it. All access goes through descriptors of the roots with
/// openat2(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS) on an already resolved path, so that a link
/// swapped in between deciding and opening is refused. The rules are applied again to what was opened. Thread-safe.
///
/// `Leave::outside_too` is the user's word for this one target: beside what lies outside, it opens read-only and
/// guarded places for writing. Hidden ones stay closed.
///
/// Errors are `denied` for what the policy forbids (naming why) and `failure` for the rest, in a sentence a model can
/// act on (`no file "src/mian.cpp" in the workspace; similar: src/main.cpp`).
class Workspace {
 public:
  explicit Workspace(SandboxPolicy policy);
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  ~Workspace();

  [[nodiscard]] const SandboxPolicy& policy() const { return policy_; }

  /// Looks `path` up from `cwd` ("~" is the user's home). Fails with `failure` when a component is no directory, a link
  /// loops, or the path can't be one (empty, a NUL byte, too long); a missing tail is no failure.
  Result<Resolved> resolve(std::string_view path, std::string_view cwd) const;

  /// A regular file for reading; directories, devices, pipes and sockets are refused by name.
  Result<OpenedFile> open_file(const Resolved& file, Leave leave) const;

  /// A directory for listing. Walk below it with openat(…, O_NOFOLLOW).
  Result<Fd> open_directory(const Resolved& directory, Leave leave) const;

  /// Replaces or makes the file: temporary file in the same directory, fsync, rename; an existing mode is kept, missing
  /// parents are made. A file that `expected` (size, mtime, inode; may be null) no longer describes is refused with
  /// `failure`, and so is one that came into being since `file` was resolved as missing.
  Result<void> write_file(const Resolved& file, std::string_view content, const struct stat* expected,
                          Leave leave) const;

  /// Removes the file, which `expected` (size, mtime, inode) must still describe: else `failure`.
  Result<void> remove_file(const Resolved& file, const struct stat& expected, Leave leave) const;

  /// Whether a path below a root may be seen at all (not hidden); for walks.
  [[nodiscard]] bool visible(std::string_view absolute_path) const;

  /// As people and models see it: relative to the workspace where it lies in it ("." is the workspace itself), made
  /// harmless and bounded. Not for opening.
  [[nodiscard]] std::string display(std::string_view absolute_path) const;

 private:
  struct Root {
    std::string path;
    Fd fd;
  };
  struct Start {
    int fd;
    std::string relative;
  };
  enum class Access { read, write };

  [[nodiscard]] Start start_of(std::string_view path) const;
  Result<void> admit(std::string_view path, Access access, Leave leave) const;
  Result<Fd> open_at(const std::string& path, int flags, Leave leave) const;
  Result<Fd> open_parent(const std::string& path) const;
  [[nodiscard]] tl::unexpected<Error> missing(const std::string& path, std::string_view what, Leave leave) const;
  [[nodiscard]] tl::unexpected<Error> cannot(std::string_view verb, const std::string& path, int error_number) const;

  SandboxPolicy policy_;
  std::string home_;
  Fd top_;                   // "/"
  std::vector<Root> roots_;  // those that could be opened, longest path first
};

}  // namespace errand::sandbox
