#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/fd.hpp"

namespace errand::sandbox {

/// What all processes of one sandbox may use together.
struct GroupLimits {
  std::uint64_t memory_bytes = 0;
  int processes = 0;
};

/// A control group of its own for one sandbox, in each hierarchy that is needed; removed, with what still runs in it,
/// when this goes.
class ControlGroup {
 public:
  ControlGroup() = default;  ///< none: nothing is limited
  ControlGroup(ControlGroup&&) = default;
  ControlGroup& operator=(ControlGroup&&) = default;
  ~ControlGroup();

  /// Descriptors a process of one thread writes "0" to in order to enter.
  [[nodiscard]] std::vector<int> doors() const;

  /// The directory of a version 2 group, for a process to be born in: that costs nothing, entering waits for a grace
  /// period of the kernel. -1: there is none, enter by the doors.
  [[nodiscard]] int birthplace() const;

  /// Whether the kernel killed a process in it for want of memory.
  [[nodiscard]] bool ran_out_of_memory() const;

 private:
  friend class ControlGroups;
  struct Directory {
    std::string path;
    Fd lock;  // held as long as the group is in use; the kernel lets go of it when we die
    Fd door;
    bool is_version_2 = false;
  };
  std::vector<Directory> directories_;
};

/// Where control groups can be made on this machine: in version 2 in our own group or one above it that is delegated to
/// us, else in version 1 below our own groups (for root). Thread-safe.
class ControlGroups {
 public:
  /// Looks at this process's groups and their mounts. In version 2 it may hand the controllers it needs down to groups
  /// made below one that is ours; nothing else is changed.
  ControlGroups();

  [[nodiscard]] bool limits_memory() const { return !memory_.empty(); }
  [[nodiscard]] bool limits_processes() const { return !processes_.empty(); }
  /// For people: "version 1", "version 2"; else why there are none.
  [[nodiscard]] const std::string& description() const { return description_; }

  /// An empty group where nothing can be limited. The first call removes what errands that were killed left behind, and
  /// ends what still runs there. Fails with `denied` where a limit that can be set is refused.
  Result<ControlGroup> make(const GroupLimits& limits) const;

 private:
  enum class Need { always, where_there };
  struct Setting {
    std::string file;
    std::string value;
    Need need = Need::always;
  };
  Result<void> add(ControlGroup& group, const std::string& parent, std::span<const Setting> settings) const;

  bool find_version_2();
  void find_version_1();

  std::string memory_;     // the directory to make groups in; empty: no limit of that kind
  std::string processes_;  // the same as memory_ in version 2
  bool version_2_ = false;
  std::string description_;
  mutable std::atomic<bool> swept_ = false;
};

}  // namespace errand::sandbox
