#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "schedule/time_zone.hpp"

namespace errand::schedule {

/// A cron expression, as crontab(5) of Debian has it: minute, hour, day of month, month, day of week; `*`, numbers,
/// names of months and days, ranges, lists, steps behind `*` and ranges; @hourly, @daily, @midnight, @weekly, @monthly,
/// @yearly,
/// @annually. Where both kinds of days are restricted, either is enough.
struct CronExpression {
  std::uint64_t minutes = 0;  ///< a bit for each
  std::uint32_t hours = 0;
  std::uint32_t days = 0;     ///< of the month: bits 1 … 31
  std::uint16_t months = 0;   ///< bits 1 … 12
  std::uint8_t weekdays = 0;  ///< bits 0 (Sunday) … 6
  bool any_day = false;       ///< the field begins with '*'
  bool any_weekday = false;

  /// `usage`, naming the field and what is wrong with it; also for a time that never comes (30 February).
  static Result<CronExpression> parse(std::string_view text);

  /// The next time after `after`. In a zone with summer time: an expression that names hours runs once where clocks
  /// show its time twice, and right after the change where they pass over it. One for every hour goes by the hours that
  /// pass. Nullopt: none within forty years.
  [[nodiscard]] std::optional<std::chrono::sys_seconds> next_after(const TimeZone& zone,
                                                                   std::chrono::sys_seconds after) const;

  bool operator==(const CronExpression&) const = default;
};

}  // namespace errand::schedule
