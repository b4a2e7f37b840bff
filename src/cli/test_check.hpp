#pragma once

#include <string>
#include <vector>

#include "cli/test_program.hpp"
#include "config/test_case.hpp"

namespace errand::cli {

/// What of the case's expectations does not hold, a sentence each; empty when all do. The judge is asked elsewhere.
std::vector<std::string> check_test(const config::TestCase& test, const TestOutcome& outcome);

}  // namespace errand::cli
