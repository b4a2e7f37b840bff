#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/process.hpp"
#include "base/sync.hpp"
#include "sandbox/mount.hpp"

namespace errand::sandbox {

/// Whom root's commands run as where mounts can be id-mapped: a user to whom nothing belongs.
inline constexpr Identity nobody{65534, 65534};

/// Root's files as they are shown to commands of `nobody`: copies of the host's mounts in which what is root's on disk
/// is nobody's, so that a command that is nothing to the kernel owns root's workspace, and what it makes there becomes
/// root's (mount_setattr(2), MOUNT_ATTR_IDMAP). The copies belong to no mount namespace until attach().
class MappedMounts {
 public:
  /// Copies the topmost of `mounts` and points the sources of all of them, where they have one, into the copies.
  /// `mapping`: see IdMap. Fails with `denied` where the kernel or a file system can't do it, and when a mount's source
  /// was replaced meanwhile; `mounts` are not changed then.
  static Result<MappedMounts> make(int mapping, std::vector<Mount>& mounts);

  /// Puts the copies into a mount namespace of this process's own, where bubblewrap finds them. For a child between
  /// fork and exec: async-signal-safe. Leaves errno on failure.
  [[nodiscard]] bool attach() const;

  /// The new sources, to stay open until the sandbox has run.
  std::vector<Fd> take_sources() { return std::move(sources_); }

 private:
  struct Tree {
    Fd mount;
    bool is_directory = true;
    std::string place;  // where it is attached
  };
  Result<void> add_tree(int mapping, const Mount& top);
  Result<int> open_in_tree(const std::string& top, const Mount& mount);

  std::vector<Tree> trees_;
  std::vector<Fd> sources_;
};

/// Whether mounts can be id-mapped, found out by doing it. Thread-safe.
class IdMap {
 public:
  /// A user namespace that maps root to nobody and others to themselves; borrowed. Nothing when it can't be had, or was
  /// given up.
  std::optional<int> mapping();

  /// Why commands of this process do or did without; empty: they did not have to.
  [[nodiscard]] std::string refusal() const;
  void note(std::string why);

  /// A sandbox with mapped mounts came to run: from now on a failure means something else.
  void worked();

  /// A sandbox with mapped mounts could not be made. Returns whether to try without: true once, until worked().
  bool give_up();
  /// It failed without as well: the reason was another.
  void take_up();

 private:
  struct State {
    Fd space;
    bool tried = false;
    bool proven = false;
    bool given_up = false;
    std::string refusal;
  };
  Sync<State> state_;
};

}  // namespace errand::sandbox
