#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "sandbox/workspace.hpp"
#include "store/snapshots.hpp"

namespace errand::agent {

/// What going back means for one file that file tools changed.
struct RestoreStep {
  enum class Action {
    write,   ///< it gets back what it held
    remove,  ///< the tools made it
    leave,   ///< `reason` says why
  };
  std::string path;  ///< absolute
  Action action = Action::leave;
  std::string reason;  ///< of `leave`
  std::string hash;    ///< of `write`: what it held
  bool operator==(const RestoreStep&) const = default;
};

/// The reason of a file that stays because somebody else changed it.
inline constexpr std::string_view changed_by_others = "something else has changed it since";

/// Whose later changes are kept.
enum class Foreign {
  keep,     ///< a file that holds something else than the tools left in it is left alone
  discard,  ///< it goes back all the same
};

/// What brings the files back that tools changed after the record at `position`: one step for each file, sorted by
/// path. Nothing else in the workspace is looked at; what shell commands did is not known here.
Result<std::vector<RestoreStep>> plan_restore(store::Snapshots& snapshots, const std::string& session,
                                              std::int64_t position, const sandbox::Workspace& files, Foreign foreign);

/// Does one step; `leave` does nothing. A path that leads elsewhere by now, or changed while we looked, is `failure`
/// and left as it is.
Result<void> restore(const RestoreStep& step, store::Snapshots& snapshots, const std::string& session,
                     const sandbox::Workspace& files);

/// The files as the person who goes back may change them: all that lies under their own rights.
sandbox::SandboxPolicy restore_policy(const std::string& project);

}  // namespace errand::agent
