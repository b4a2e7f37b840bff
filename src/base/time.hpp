#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace errand {

/// A moment on the wall clock, millisecond precision.
using Timestamp = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

Timestamp now();

/// RFC 3339 in UTC with milliseconds: "2026-11-21T07:39:48.123Z".
std::string to_rfc3339(Timestamp at);
std::optional<Timestamp> parse_rfc3339(std::string_view text);

/// "10s", "15m", "1h30m", "250ms", "2d"; a bare number is seconds. Negative, empty and unknown units fail with `usage`.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// For people: "0.8s", "12s", "3m05s", "2h10m", "4d".
std::string format_duration(std::chrono::milliseconds d);

/// How long ago, coarsely: "now", "5m", "3h", "12d", "2026-03-01" beyond sixty days.
std::string format_age(Timestamp then, Timestamp now);

}  // namespace errand
