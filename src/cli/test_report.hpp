#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/json_fwd.hpp"

namespace errand::cli {

/// What came of one case.
struct TestReport {
  std::string file;   ///< as it was found
  std::string about;  ///< may be empty
  std::chrono::milliseconds duration{0};
  std::vector<std::string> failures;  ///< empty: it passed
  std::vector<std::string> notes;     ///< what did not make it fail
};

[[nodiscard]] std::size_t failed_of(const std::vector<TestReport>& reports);

/// For people: a line for the case, and one for each failure and note.
std::string report_text(const TestReport& report);

/// "3 cases, 1 failed (0.2s)\n"
std::string summary_text(const std::vector<TestReport>& reports);

/// {"cases":[{file, about, passed, duration_ms, failures, notes}],"passed":n,"failed":n}
Json report_json(const std::vector<TestReport>& reports);

/// JUnit's XML as CI systems read it: one testsuite, a testcase for each case, by its file and what it is about.
std::string report_junit(const std::vector<TestReport>& reports);

}  // namespace errand::cli
