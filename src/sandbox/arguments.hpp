#pragma once

#include <string>
#include <vector>

#include "sandbox/mount.hpp"

namespace errand::sandbox {

/// bubblewrap's options for `profile`, without the program that is run inside. Pure. The order is the order in which
/// bubblewrap acts: what comes later lies on top.
std::vector<std::string> bubblewrap_options(const Profile& profile);

/// The options as bubblewrap's `--args FD` reads them: each ended by a NUL. They go through a descriptor so that no
/// environment value shows in a process list.
std::string nul_separated(const std::vector<std::string>& options);

}  // namespace errand::sandbox
