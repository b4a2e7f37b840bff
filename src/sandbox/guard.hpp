#pragma once

#include <memory>
#include <string>
#include <vector>

namespace errand::sandbox {

/// What is to be guarded below one root; sorted.
struct Guarded {
  /// Guarded names that exist; of git's directories only what a commit need not write: hooks, config, attributes, links
  /// to other directories, and the same of submodules. A symbolic link at a guarded name is listed as itself.
  std::vector<std::string> paths;
  /// To be shown read-only whatever they are called: configuration and hooks of bare repositories, and the user's own
  /// directories that can't be looked into now and could be opened again by a command.
  std::vector<std::string> forced;
  std::vector<std::string> git_directories;
};

/// Looks sixteen levels deep and at no more than 8,000 directories, nearest first, without following links; what was
/// found once stays as long as it exists. Remembers what each directory held, so that a later look reads only those
/// that changed since. Not thread-safe.
class GuardIndex {
 public:
  GuardIndex();
  GuardIndex(GuardIndex&&) noexcept;
  GuardIndex& operator=(GuardIndex&&) noexcept;
  ~GuardIndex();

  /// `root`: absolute, always the same.
  Guarded find(const std::string& root);

 private:
  struct Known;
  std::unique_ptr<Known> known_;
};

/// The names that are guarded at the top of the workspace only, where they exist.
std::vector<std::string> find_guarded_in_workspace(const std::string& workspace);

}  // namespace errand::sandbox
