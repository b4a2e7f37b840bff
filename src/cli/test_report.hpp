#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json_fwd.hpp"
#include "cli/test_judge.hpp"

namespace errand::cli {

enum class TestEnd {
  passed,
  failed,     ///< what was expected does not hold
  error,      ///< nobody knows whether it holds: the case is wrong, could not be run, or its judge gave no verdict
  unfinished  ///< stopped, or not begun
};
std::string_view name_of(TestEnd end);

/// What came of one case.
struct TestReport {
  std::string file;   ///< as it was found
  std::string about;  ///< may be empty
  TestEnd end = TestEnd::unfinished;
  std::chrono::milliseconds duration{0};
  std::vector<std::string> failures;
  std::string error;               ///< why there is no result
  std::vector<std::string> notes;  ///< what did not make it fail

  int exit = 0;
  std::string answer;              ///< the beginning of a long one
  std::vector<std::string> tools;  ///< called, in order
  std::int64_t turns = 0;
  std::int64_t tokens = 0;
  std::optional<double> cost_usd;      ///< nullopt: unknown
  std::optional<Judgement> judgement;  ///< its cost is not in `cost_usd`
};

[[nodiscard]] std::size_t count_of(const std::vector<TestReport>& reports, TestEnd end);

/// For people: a line for the case, and one for each failure and note.
std::string report_text(const TestReport& report);

/// Whether a summary tells what was spent. What is replayed costs nothing, whatever its reports have.
enum class Money { told, left_out };

/// "3 cases, 1 failed ($0.0120, judges $0.0031, 0.2s)\n"
std::string summary_text(const std::vector<TestReport>& reports, Money money);

/// errand-test(5), REPORTS.
Json report_json(const std::vector<TestReport>& reports);

/// What report_json() wrote. `config` when the file holds something else.
Result<std::vector<TestReport>> read_report(const std::string& path);

/// JUnit's XML as CI systems read it: one testsuite, a testcase for each case, by its file and what it is about.
std::string report_junit(const std::vector<TestReport>& reports);

}  // namespace errand::cli
