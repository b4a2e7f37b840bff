#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/call.hpp"
#include "cli/command.hpp"
#include "cli/test_place.hpp"
#include "cli/test_report.hpp"

namespace errand::cli {

struct TestBatch {
  std::vector<std::string> files;
  TestMode mode = TestMode::replay;
  TestPlace::After after = TestPlace::After::remove;
  std::size_t jobs = 1;
  std::optional<double> max_cost_usd;  ///< of all: those that run together share what is left
};

/// Runs the cases, several at a time, each with places of its own. `on_report` gets a report as soon as all before it
/// are there; it is called by one thread at a time, and not for a case that did not end.
///
/// What is wrong with a case is its own error. Once `call` is stopped what runs is ended, and what did not end, or had
/// too little money left, is `unfinished`. Returns the reports in the order of the files.
std::vector<TestReport> run_tests(const TestBatch& batch, const Invocation& invocation, const Call& call,
                                  const std::function<void(const TestReport&)>& on_report);

}  // namespace errand::cli
