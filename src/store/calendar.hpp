#pragma once

#include <string>
#include <string_view>

#include "base/time.hpp"

namespace errand::store {

// The calendar of the process's time zone (TZ, else the system's): what people call today.

/// A stretch of the calendar that a budget holds for.
enum class Period { day, month };

/// "day", "month".
std::string_view name_of(Period period);

/// When the period that `at` lies in began: local midnight, of the first for a month.
Timestamp begin_of(Period period, Timestamp at);

/// When the next one begins.
Timestamp end_of(Period period, Timestamp at);

/// "2026-11-21" or "2026-11", in local time.
std::string date_of(Period period, Timestamp at);

/// For people: "2026-11-22 00:00 +0100".
std::string local_time(Timestamp at);

}  // namespace errand::store
