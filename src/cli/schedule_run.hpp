#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/schedule_file.hpp"
#include "cli/setup.hpp"

namespace errand::cli {

/// The variable by which a run learns that a schedule started it, and its value.
inline constexpr const char* trigger_variable = "ERRAND_TRIGGER";
inline constexpr std::string_view trigger_of_schedule = "schedule";

/// Starts what is due (of `names`, else of all) as processes of this program, and waits for them. Each time is marked
/// as handled before its run is started: it never runs twice, whoever else looks at the same moment. Returns the exit
/// code: 0 when nothing failed.
Result<int> run_due(const ScheduleFile& file, const Place& place, const std::vector<std::string>& names,
                    const Invocation& invocation);

}  // namespace errand::cli
