#pragma once

#include <string>

#include "base/file.hpp"
#include "base/time.hpp"
#include "schedule/time_zone.hpp"

/// A zone of this system's tzdata.
inline errand::schedule::TimeZone zone_named(const std::string& name) {
  return errand::schedule::TimeZone::parse(errand::read_file("/usr/share/zoneinfo/" + name).value()).value();
}

/// "2026-03-29T00:59:00Z" or with an offset.
inline std::chrono::sys_seconds at(const std::string& text) {
  return std::chrono::floor<std::chrono::seconds>(errand::parse_rfc3339(text).value());
}

inline std::string shown(std::chrono::sys_seconds moment) {
  return errand::to_rfc3339(errand::Timestamp(moment)).substr(0, 19) + "Z";
}
