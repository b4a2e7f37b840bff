#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace errand::schedule {

/// When summer time begins or ends each year, as POSIX.1-2017 section 8.3 (TZ) has it.
struct YearlyChange {
  enum class Form { month_week_day, day_without_leap, day_with_leap };
  Form form = Form::month_week_day;
  int month = 1;                    ///< 1 … 12
  int week = 1;                     ///< 1 … 5; 5: the last
  int day = 0;                      ///< of the week, 0: Sunday; else of the year, from 1 or 0
  std::chrono::seconds time{7200};  ///< local time of that day; may lie outside of it
};

/// What holds after the last change a zone's file lists.
struct YearlyRule {
  std::chrono::seconds standard{0};  ///< east of UTC
  std::chrono::seconds summer{0};
  std::optional<YearlyChange> begins, ends;  ///< of summer time; none: there is no summer time
};

/// "CET-1CEST,M3.5.0,M10.5.0/3". Nullopt for what is no such text.
std::optional<YearlyRule> parse_yearly_rule(std::string_view text);

/// A time zone's offsets from UTC: what TZif files (RFC 8536) hold. A value; the bytes are from outside and bounded.
class TimeZone {
 public:
  /// UTC itself.
  TimeZone() = default;

  /// From the bytes of a TZif file. `failure` for what is none.
  static Result<TimeZone> parse(std::string_view bytes);

  /// East of UTC, at that moment.
  [[nodiscard]] std::chrono::seconds offset_at(std::chrono::sys_seconds at) const;

  [[nodiscard]] std::chrono::local_seconds to_local(std::chrono::sys_seconds at) const;

  /// The moment of a local time. One that clocks show twice is the first of both; one that they pass over is the moment
  /// at which they pass over it. So later local times are never earlier moments.
  [[nodiscard]] std::chrono::sys_seconds to_utc(std::chrono::local_seconds local) const;

 private:
  struct Change {
    std::int64_t at = 0;  ///< seconds since 1970 in UTC
    std::int32_t offset = 0;
  };
  std::int32_t first_offset_ = 0;  ///< before the first change
  std::vector<Change> changes_;    ///< in order
  std::optional<YearlyRule> rule_;
};

}  // namespace errand::schedule
