#pragma once

#include <string>

#include "base/error.hpp"
#include "schedule/time_zone.hpp"

namespace errand::cli {

/// The zone of that name ("Europe/Berlin", "UTC") in the system's tzdata. `usage` when there is none.
Result<schedule::TimeZone> load_zone(const std::string& name);

/// What this process's local time is called: TZ, else where /etc/localtime leads, else "UTC".
std::string local_zone_name();

}  // namespace errand::cli
