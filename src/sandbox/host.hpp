#pragma once

#include <string>
#include <vector>

#include "sandbox/control_group.hpp"
#include "sandbox/mount.hpp"
#include "sandbox/plan.hpp"

namespace errand::sandbox {

/// What is the same for every sandbox of this process.
struct Host {
  std::string home;     ///< the private home inside
  SystemView system;    ///< programs, and what they need of /etc
  std::string program;  ///< where our own program lies
  ControlGroups groups;
  mutable GuardCache guards;
};

/// Looks at this machine and this process.
Host look_at_host();

}  // namespace errand::sandbox
