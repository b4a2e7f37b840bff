#pragma once

#include <cstdint>
#include <string>

#include "base/time.hpp"

namespace errand::store {

/// Which process something belongs to, so that another process, later or elsewhere, can tell whether it still lives.
/// A pid alone is not enough: it is used again, and means something else in another pid namespace or after a reboot.
struct Owner {
  std::int64_t pid = 0;
  std::int64_t started = 0;        ///< clock ticks from boot to the process's start: field 22 of proc(5)'s stat
  std::string boot;                ///< /proc/sys/kernel/random/boot_id
  std::string host;                ///< nodename
  std::int64_t pid_namespace = 0;  ///< inode of /proc/self/ns/pid
  bool operator==(const Owner&) const = default;
};

/// This process. What can't be read stays empty, and is then judged as another machine's.
Owner current_owner();

/// How long an owner that can't be looked at counts as alive after its last sign of life.
inline constexpr std::chrono::seconds owner_patience{60};

/// How often a living owner gives one: four times within owner_patience.
inline constexpr std::chrono::seconds owner_renewal{15};

/// Whether `owner` lives, as far as `self` can tell. In the same boot and pid namespace the process is looked up (a
/// zombie and a pid that was used again are dead); of another boot of the same host nothing lives; anyone else lives
/// while his last sign of life, `renewed`, is within owner_patience of `at`.
[[nodiscard]] bool is_alive(const Owner& owner, const Owner& self, Timestamp renewed, Timestamp at);

/// Whether is_alive() can look `owner` up rather than go by time.
[[nodiscard]] bool is_neighbour(const Owner& owner, const Owner& self);

}  // namespace errand::store
