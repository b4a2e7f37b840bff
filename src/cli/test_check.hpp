#pragma once

#include <string>
#include <vector>

#include "cli/test_run.hpp"
#include "config/test_case.hpp"

namespace errand::cli {

/// What of the case's expectations does not hold, a sentence each; empty when all do.
std::vector<std::string> check_test(const config::TestCase& test, const TestOutcome& outcome);

}  // namespace errand::cli
