#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace errand::cli {

/// The whole program: finds the verb, reads its options, runs it, reports what failed. Returns the exit code.
int run_main(const std::vector<std::string>& argv);

/// Tells of an exception nobody expected; returns the exit code for a bug.
int report_bug(std::string_view what);

}  // namespace errand::cli
