#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/sync.hpp"
#include "sandbox/guard.hpp"
#include "sandbox/mount.hpp"
#include "sandbox/policy.hpp"

namespace errand::sandbox {

/// The paths of the host a command sees, parents before what lies in them.
struct MountPlan {
  std::vector<Mount> mounts;
  std::vector<Fd> kept;  ///< the mounts' sources, open until the sandbox runs
};

/// The guarded paths of roots; each root's index is kept. Thread-safe.
class GuardCache {
 public:
  Guarded guarded_below(const std::string& root);

 private:
  Sync<std::map<std::string, GuardIndex>> roots_;
};

/// Lays out roots, guards, covers and exceptions as place_of() would judge them. What is guarded is shown read-only;
/// the directories above it are mount points too, because renaming one would take the guard along and free the name.
/// Fails with `denied` where a guarded name is a symbolic link: nothing can be mounted over a link.
/// `guarded`: of each writable root, in the policy's order.
Result<MountPlan> plan_mounts(const SandboxPolicy& policy, const std::vector<Guarded>& guarded);

/// What is guarded in each writable root, in the policy's order.
std::vector<Guarded> find_guarded(const SandboxPolicy& policy, GuardCache& guards);

}  // namespace errand::sandbox
