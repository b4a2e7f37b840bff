#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "cli/command.hpp"

namespace errand::cli {

/// The whole program: finds the verb, reads its options, runs it, reports what failed. Returns the exit code.
int run_main(const std::vector<std::string>& argv);

/// `errand WORDS…` within this process, with the global options that it was started with. Returns the exit code.
Result<int> run_words(const std::vector<std::string>& words, const Invocation& invocation);

/// Tells of an exception nobody expected; returns the exit code for a bug.
int report_bug(std::string_view what);

}  // namespace errand::cli
