#pragma once

#include <chrono>
#include <string>

#include "base/error.hpp"
#include "base/json_fwd.hpp"
#include "store/journal.hpp"
#include "store/upkeep.hpp"

namespace errand::cli {

/// How long a run took, or has been going on.
std::chrono::milliseconds duration_of(const store::RunInfo& run);

/// "exit 7 (limit)", "running", "interrupted".
std::string how_it_ended(const store::RunInfo& run);

/// A run as every listing shows it.
Json run_json(const store::RunInfo& run);
/// The part of it that an export holds.
Json run_json(const store::StoredRun& run);

/// Its `done` event; null when it has none.
Result<Json> done_of(store::RunJournal& journal, const store::RunInfo& run);

}  // namespace errand::cli
