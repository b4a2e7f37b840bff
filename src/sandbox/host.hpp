#pragma once

#include <string>
#include <vector>

#include "sandbox/control_group.hpp"
#include "sandbox/id_map.hpp"
#include "sandbox/mount.hpp"
#include "sandbox/plan.hpp"
#include "sandbox/second_stage.hpp"
#include "sandbox/watcher_pool.hpp"

namespace errand::sandbox {

/// What is the same for every sandbox of this process.
struct Host {
  std::string home;   ///< the private home inside
  SystemView system;  ///< programs, and what they need of /etc
  ControlGroups groups;
  mutable GuardCache guards;
  mutable SecondStage second_stage;
  mutable WatcherPool watchers;
  mutable IdMap id_map;
};

/// Looks at this machine and this process.
Host look_at_host();

}  // namespace errand::sandbox
