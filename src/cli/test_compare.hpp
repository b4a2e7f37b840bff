#pragma once

#include <string>
#include <vector>

#include "base/json_fwd.hpp"
#include "cli/test_report.hpp"

namespace errand::cli {

/// What became of a case between two reports.
enum class TestChange {
  regressed,  ///< it passed, and does not now; a new one that does not pass is one too
  fixed,      ///< it passes now
  added,      ///< new, and passes
  gone,       ///< only in the older report
  differs,    ///< it ends as it did, otherwise
  same,
};

struct ComparedTest {
  std::string file;
  std::string about;
  TestChange change = TestChange::same;
  std::vector<std::string> differences;  ///< "turns 3 -> 5", for people
};

/// Cases by their file, in the order of `after`, those that are gone behind them. A case that was not run in either
/// report is left out: nothing is known of it.
std::vector<ComparedTest> compare(const std::vector<TestReport>& before, const std::vector<TestReport>& after);

[[nodiscard]] std::size_t count_of(const std::vector<ComparedTest>& tests, TestChange change);

std::string comparison_text(const std::vector<ComparedTest>& tests, const std::string& older);

/// {"regressed":n,"fixed":n,"added":n,"gone":n,"differs":n,"same":n,"cases":[{file, about, change, differences}]}, the
/// cases without those that are the same.
Json comparison_json(const std::vector<ComparedTest>& tests);

}  // namespace errand::cli
