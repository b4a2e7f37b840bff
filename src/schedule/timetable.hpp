#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <variant>

#include "base/error.hpp"
#include "schedule/cron.hpp"
#include "schedule/time_zone.hpp"

namespace errand::schedule {

/// When something runs: a cron expression, or "every 15m" from a moment on.
class Timetable {
 public:
  /// `usage` for what is neither. Intervals are whole minutes.
  static Result<Timetable> parse(std::string_view text);

  /// The next time after `after`; an interval's times are `begin` and whole intervals later.
  [[nodiscard]] std::optional<std::chrono::sys_seconds> next_after(const TimeZone& zone, std::chrono::sys_seconds begin,
                                                                   std::chrono::sys_seconds after) const;

  bool operator==(const Timetable&) const = default;

 private:
  std::variant<CronExpression, std::chrono::minutes> when_;
};

/// How long after its times an entry runs: the same for one name at any time, from 0 to `jitter`.
std::chrono::seconds delay_of(std::string_view name, std::chrono::seconds jitter);

/// One entry as due() needs it.
struct Planned {
  const Timetable& timetable;
  const TimeZone& zone;
  std::chrono::sys_seconds begin;    ///< of intervals
  std::chrono::sys_seconds handled;  ///< its times up to here have had their turn
  std::chrono::seconds delay{0};
};

/// The times that have come since `handled`.
struct Due {
  std::chrono::sys_seconds newest;  ///< without the delay; what is handled from now on
  std::size_t missed = 0;           ///< those before it, for which nothing ran
  bool operator==(const Due&) const = default;
};

/// More missed times than that are not counted.
inline constexpr std::size_t max_missed = 1000;

/// Nullopt: nothing is due. A clock that was set back makes nothing due that was handled before.
std::optional<Due> due(const Planned& planned, std::chrono::sys_seconds now);

}  // namespace errand::schedule
