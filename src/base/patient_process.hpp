#pragma once

#include <chrono>

#include "base/process.hpp"

namespace errand {

/// run_process() for a program that has something to keep before it ends: when the user asks to stop, `patience` passes
/// between SIGTERM and SIGKILL.
Result<Finished> run_patiently(const ProcessSpec& spec, const OnOutput& on_output, const Call& call,
                               std::chrono::milliseconds patience);

}  // namespace errand
