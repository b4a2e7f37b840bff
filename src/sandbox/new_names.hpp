#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "sandbox/guard.hpp"
#include "sandbox/policy.hpp"
#include "sandbox/watcher_pool.hpp"

namespace errand::sandbox {

/// Watches for guarded names that did not exist when a command started: nothing could be mounted over them, and
/// covering each absent name would leave a phantom in the project for as long as a command runs. A command that makes
/// one is to be ended at once; afterwards what it made is moved out of the way.
///
/// Looked at: the top of each writable root, and every git directory that was found in it; afterwards also the git
/// directories that a command made, at whatever depth. Other names deeper down are guarded from the next command on.
class NewNames {
 public:
  /// Remembers what is there. `guarded`: of each writable root, in the policy's order.
  NewNames(const SandboxPolicy& policy, const std::vector<Guarded>& guarded, WatcherPool& watchers);
  NewNames(const NewNames&) = delete;
  NewNames& operator=(const NewNames&) = delete;
  ~NewNames();

  /// Readable when something was made in a watched directory; -1 where nothing can be watched (undo() still looks).
  [[nodiscard]] int fd() const { return inotify_.get(); }

  /// Reads what happened: whether a guarded name was made.
  [[nodiscard]] bool was_made();

  /// Renames what was made to `NAME.held-XXXXXXXX`, and git directories likewise that would run something. To be called
  /// when nothing of the command runs any more; `now` is what is guarded then. One sentence for a model; empty: nothing
  /// was made.
  [[nodiscard]] std::string undo(const std::vector<Guarded>& now) const;

 private:
  class Mover;
  struct Place {
    std::string root;
    std::string directory;
    std::vector<std::string> absent;  ///< guarded names that were not there
  };

  void look_at_top(const SandboxPolicy& policy, const std::string& root);
  void look_at_git(const std::string& root, const std::string& git);
  void watch(Place place);
  void undo_repository(Mover& mover, const std::string& root, const std::string& git) const;
  [[nodiscard]] bool is_made_by_command(const std::string& path) const;

  std::shared_ptr<OwnNames> own_;
  WatcherPool& watchers_;
  Fd inotify_;
  std::vector<int> watches_;
  std::vector<Place> places_;
  std::vector<std::string> roots_;
  std::set<std::string> git_directories_;
  std::set<std::string> worktrees_;
};

}  // namespace errand::sandbox
