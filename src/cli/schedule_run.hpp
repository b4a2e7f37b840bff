#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "cli/command.hpp"
#include "cli/schedule_file.hpp"
#include "cli/setup.hpp"
#include "schedule/timetable.hpp"

namespace errand::cli {

/// The variable by which a run learns that a schedule started it, and its value.
inline constexpr const char* trigger_variable = "ERRAND_TRIGGER";
inline constexpr std::string_view trigger_of_schedule = "schedule";

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
  bool start = false;              ///< its run is to be started now
  std::vector<std::string> notes;  ///< for people: what was missed or left out
  std::optional<Error> problem;    ///< why it can't run
};

/// Looks whether the entry is due at that moment, and marks in it what is handled: its times, what was missed or
/// skipped, and the run that this process is to start.
Looked look_at(ScheduleEntry& entry, Timestamp at);

/// Starts what is due (of `names`, else of all) as processes of this program, and waits for them. Each time is marked
/// as handled before its run is started: it never runs twice, whoever else looks at the same moment. Returns the exit
/// code: 0 when nothing failed.
Result<int> run_due(const ScheduleFile& file, const Place& place, const std::vector<std::string>& names,
                    const Invocation& invocation);

}  // namespace errand::cli
