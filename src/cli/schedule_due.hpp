#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "cli/schedule_file.hpp"
#include "schedule/timetable.hpp"

namespace errand::cli {

/// An entry with its time and zone read.
struct PlannedEntry {
  schedule::Timetable timetable;
  schedule::TimeZone zone;
  std::chrono::seconds delay{0};
};
Result<PlannedEntry> plan_of(const ScheduleEntry& entry);

/// When it runs next: with its delay; in the past when it is due. Nullopt: never.
std::optional<Timestamp> next_run(const ScheduleEntry& entry, const PlannedEntry& plan);

/// What a look at an entry came to.
struct Looked {
  bool start = false;                ///< its run is to be started now
  std::vector<std::string> notes{};  ///< for people: what was missed or left out
  std::optional<Error> problem{};    ///< why it can't run
};

/// Looks whether the entry is due at that moment, and marks in it what is handled: its times, what was missed or
/// skipped, and the run that this process is to start.
Looked look_at(ScheduleEntry& entry, Timestamp at);

}  // namespace errand::cli
