#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/call.hpp"
#include "base/error.hpp"
#include "config/configuration.hpp"

namespace errand::cli {

/// What came of a run.
struct TestOutcome {
  int exit = 0;
  std::string answer;              ///< to the last prompt
  std::string error;               ///< why there is none; what was said on stderr, when nothing else says it
  bool money_ran_out = false;      ///< what it may cost is why there is none
  std::vector<std::string> asked;  ///< of the agent itself, not of its subagents
  std::vector<std::string> tools;  ///< called, in order
  std::vector<std::string> notes;  ///< where its requests differ from the recording
  std::int64_t turns = 0;          ///< over all prompts, as the other two
  std::int64_t tokens = 0;
  std::optional<double> cost_usd;  ///< nullopt: unknown
  std::string workspace;           ///< as it was left
  std::chrono::milliseconds duration{0};
};

/// `--max-cost` of so much, and be it next to nothing: 0 would mean no limit.
std::string max_cost_option(double usd);

/// A start of this program that writes its events to stdout.
struct TestProgram {
  std::vector<std::string> argv;  ///< without the program itself
  config::EnvMap env;
  std::string workspace;
  std::string input;                  ///< empty: none
  std::chrono::milliseconds time{0};  ///< after which it is expected to have ended by itself; then it is killed
};

/// Runs it and reads its events as they come: of what it writes no more is held than an event and what the outcome
/// says. Errors: it could not be started, or `call` was stopped; a failing run is none.
Result<TestOutcome> run_program(const TestProgram& program, const Call& call);

}  // namespace errand::cli
