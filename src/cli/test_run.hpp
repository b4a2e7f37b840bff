#pragma once

#include <optional>

#include "base/call.hpp"
#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/test_place.hpp"
#include "cli/test_program.hpp"
#include "config/test_case.hpp"

namespace errand::cli {

/// Runs the case with this very program in `place`, and reads its events. The workspace holds the definitions of the
/// project the case lies in (agents.yaml, subagents.yaml, config.yaml, skills), which are trusted there when the user
/// trusts them here, and the case's own files. It costs at most what its agent may, and at most `max_cost_usd`, each of
/// its prompts an equal part: `money_ran_out` says that this alone was too little. Errors: the place could not be made
/// ready; a failing run is none.
Result<TestOutcome> run_test(const config::TestCase& test, TestMode mode, const TestPlace& place,
                             std::optional<double> max_cost_usd, const Invocation& invocation, const Call& call);

/// The configuration of the project the case lies in.
Result<config::Configuration> configuration_around(const config::TestCase& test, const Invocation& invocation);

}  // namespace errand::cli
