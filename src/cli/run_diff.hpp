#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json_fwd.hpp"
#include "store/journal.hpp"

namespace errand::cli {

/// What of a run is held against another one.
struct ComparedRun {
  store::RunInfo info;
  std::vector<std::string> calls;  ///< the tools it called, in order: "Bash ls"
  std::string prompt;
  std::string answer;
};
Result<ComparedRun> compared(store::RunJournal& journal, const store::RunInfo& run);

/// What two runs have different: how they ended and what they took, then prompt, tool calls and answer as unified
/// diffs. Control sequences are made harmless.
std::string diff_text(const ComparedRun& before, const ComparedRun& after);

/// {"same", "before", "after", "prompt", "calls", "answer"}: the runs' facts, and the hunks, empty where they are
/// alike.
Json diff_json(const ComparedRun& before, const ComparedRun& after);

}  // namespace errand::cli
