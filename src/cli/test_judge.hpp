#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/call.hpp"
#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/test_place.hpp"
#include "cli/test_program.hpp"
#include "config/test_case.hpp"

namespace errand::cli {

/// What a model says of an answer.
struct Verdict {
  bool passes = false;
  int score = 0;  ///< 0 to 10
  std::string reason;
  bool operator==(const Verdict&) const = default;
};

/// What came of asking it.
struct Judgement {
  std::optional<Verdict> verdict;  ///< nullopt: it gave none, and `error` says why
  std::string error;
  std::int64_t tokens = 0;
  std::optional<double> cost_usd;  ///< nullopt: unknown
  bool money_ran_out = false;      ///< what it may cost is why it gave none
  std::string place;               ///< the directory it ran in
};

/// Has the case's judge judge the answer of `outcome`: a run of this program in a place of its own, without tools,
/// whose answer has to follow a schema. It gets the rubric as its instructions, and prompts and answer as data. It
/// costs at most what the case says, and at most `max_cost_usd`.
///
/// A replayed judge answers the recorded request alone: a verdict on another answer would be none.
Result<Judgement> judge(const config::TestCase& test, const TestOutcome& outcome, TestMode mode,
                        std::optional<double> max_cost_usd, TestPlace::After after, const Invocation& invocation,
                        const Call& call);

/// Why the verdict is not what the case expects; nullopt: it is.
std::optional<std::string> check_verdict(const config::ExpectedVerdict& expected, const Verdict& verdict);

}  // namespace errand::cli
