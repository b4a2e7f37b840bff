#pragma once

#include <chrono>

#include "base/call.hpp"
#include "base/error.hpp"
#include "store/journal.hpp"

namespace errand::cli {

/// Asks the process that is in the run to end (SIGTERM) and waits until the run has. Nobody else is hit: the process is
/// held by a pidfd while its start time is compared. The run as it then stands; `failure` when it is not running, or
/// runs where it can't be reached; `timeout` when it does not end in time.
Result<store::RunInfo> stop_run(store::RunJournal& journal, const store::RunInfo& run, const Call& call);

/// Between two looks at the store.
inline constexpr std::chrono::milliseconds look_every{50};

}  // namespace errand::cli
