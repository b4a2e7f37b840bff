#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace errand::sandbox {

/// The name of git's directory of hooks, listed by find_guarded() also where it does not exist.
inline constexpr std::string_view hooks_name = "hooks";

/// The guarded paths below one root. Looks three levels deep and at no more than 1,000 directories, without following
/// links. Remembers what each directory held, so that a later look reads only those that changed since: some tenths of
/// a millisecond. Not thread-safe.
class GuardIndex {
 public:
  GuardIndex();
  GuardIndex(GuardIndex&&) noexcept;
  GuardIndex& operator=(GuardIndex&&) noexcept;
  ~GuardIndex();

  /// The guarded paths that exist below `root` (absolute, always the same), sorted; of git's directories only what a
  /// commit need not write: hooks, config, attributes, links to other directories, and the same of submodules. A
  /// symbolic link at a guarded name is listed as itself.
  std::vector<std::string> find(const std::string& root);

 private:
  struct Known;
  std::unique_ptr<Known> known_;
};

/// As a GuardIndex that knows nothing yet.
std::vector<std::string> find_guarded(const std::string& root);

/// The names that are guarded at the top of the workspace only, where they exist.
std::vector<std::string> find_guarded_in_workspace(const std::string& workspace);

}  // namespace errand::sandbox
