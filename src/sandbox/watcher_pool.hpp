#pragma once

#include <vector>

#include "base/fd.hpp"
#include "base/sync.hpp"

namespace errand::sandbox {

/// Inotify instances that wait for their next use. Taking watches away is quick, but the kernel closes an instance only
/// after a grace period (some 18 ms), which every command would wait for. Thread-safe.
class WatcherPool {
 public:
  /// An instance without watches and events; not valid where the system has no more of them.
  Fd take();

  /// `watches` are all the watches that `instance` has.
  void give_back(Fd instance, const std::vector<int>& watches);

 private:
  Sync<std::vector<Fd>> idle_;
};

}  // namespace errand::sandbox
