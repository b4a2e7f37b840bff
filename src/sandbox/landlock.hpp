#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"

namespace errand::sandbox {

/// The version of Landlock's interface this kernel offers (landlock(7)); 0 where there is none.
int landlock_abi();

/// Confines the calling thread and what it starts: everything may be read and executed, only what lies below `writable`
/// may be changed (paths that are not there are passed over), and where the kernel knows how (ABI 6), no signal and no
/// abstract unix socket reaches a process beyond. Needs no_new_privs. As much of this as `abi` has; does nothing for 0.
/// Fails with `denied`.
Result<void> restrict_with_landlock(const std::vector<std::string>& writable, int abi);

}  // namespace errand::sandbox
