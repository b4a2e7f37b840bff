#pragma once

#include <string>
#include <vector>

#include "base/fd.hpp"
#include "sandbox/policy.hpp"

namespace errand::sandbox {

/// Watches for guarded names that did not exist when a command started: nothing could be mounted over them, and
/// covering each absent name would leave a phantom in the project for as long as a command runs. A command that makes
/// one is to be ended at once; afterwards what it made is moved out of the way.
///
/// Looked at: the top of each writable root, and git's own directory there. Deeper ones are guarded from the next
/// command on.
class NewNames {
 public:
  /// Remembers what is there.
  explicit NewNames(const SandboxPolicy& policy);

  /// Readable when something was made in a watched directory; -1 where nothing can be watched (undo() still looks).
  [[nodiscard]] int fd() const { return inotify_.get(); }

  /// Reads what happened: whether a guarded name was made.
  [[nodiscard]] bool was_made();

  /// Renames what was made to `NAME.held-XXXXXXXX`, and a repository made at a root's top likewise when it would run
  /// something. To be called when nothing of the command runs any more. One sentence for a model; empty: nothing was
  /// made.
  [[nodiscard]] std::string undo() const;

 private:
  struct Place {
    std::string directory;
    std::string shown;                ///< what stands before a name in a sentence
    std::vector<std::string> absent;  ///< guarded names that were not there
    bool may_get_git = false;         ///< `.git` was not there: a command may make a repository
  };

  void look_at(const SandboxPolicy& policy, const std::string& root);
  [[nodiscard]] bool is_made_by_command(const Place& place, const std::string& name) const;
  void watch(Place place);

  std::shared_ptr<OwnNames> own_;
  Fd inotify_;
  std::vector<Place> places_;
};

/// Whether the repository whose git directory is `git` (absolute) runs programs by itself: it has hooks, or its
/// configuration says more than a fresh repository's and a name, a mail address, remotes and branches. Also when it
/// can't be read.
bool repository_runs_programs(const std::string& git);

}  // namespace errand::sandbox
