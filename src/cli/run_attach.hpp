#pragma once

#include "base/call.hpp"
#include "base/error.hpp"
#include "cli/command.hpp"
#include "store/store.hpp"

namespace errand::cli {

/// Shows what a run says until it has ended, and returns its exit code. What a detached run writes to stdout and stderr
/// comes out here at the same places; of any other, its calls come on stderr as they are stored and its answer on
/// stdout at the end. Leaving early (`cancelled`) does nothing to the run. One that was interrupted is `failure`.
Result<int> attach_run(store::Store& store, const store::RunInfo& run, const Globals& globals, const Call& call);

/// Where a detached run writes: `<run>.out` and `<run>.err` in its session's files.
struct RunOutput {
  std::string out, err;
};
RunOutput output_of(const std::string& files_directory, const std::string& run);

}  // namespace errand::cli
