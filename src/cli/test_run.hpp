#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/call.hpp"
#include "base/error.hpp"
#include "cli/command.hpp"
#include "config/test_case.hpp"

namespace errand::cli {

/// What came of a case's run.
struct TestOutcome {
  int exit = 0;
  std::string answer;              ///< to the last prompt
  std::string error;               ///< why there is none; what was said on stderr, when nothing else says it
  std::vector<std::string> tools;  ///< called, in order
  std::vector<std::string> notes;  ///< where its requests differ from the recording
  std::int64_t turns = 0;          ///< over all prompts, as the other two
  std::int64_t tokens = 0;
  std::optional<double> cost_usd;  ///< nullopt: unknown
  std::string workspace;           ///< as it was left
  std::chrono::milliseconds duration{0};
};

/// A directory for one case: its workspace, home, data and state, removed when this goes (unless kept).
class TestPlace {
 public:
  enum class After { remove, keep };

  static Result<TestPlace> make(After after);
  TestPlace(TestPlace&& other) noexcept;
  TestPlace& operator=(TestPlace&&) = delete;
  ~TestPlace();

  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] std::string workspace() const { return root_ + "/workspace"; }

 private:
  TestPlace(std::string root, After after) : root_(std::move(root)), after_(after) {}

  std::string root_;
  After after_;
};

enum class TestMode {
  replay,  ///< neither key nor network: whatever is no recording or script fails
  record,  ///< the recording is made anew, with the user's own keys
};

/// Runs the case with this very program in `place`, and reads its events. The workspace holds the definitions of the
/// project the case lies in (agents.yaml, subagents.yaml, config.yaml, skills), which are trusted there when the user
/// trusts them here, and the case's own files. Errors: the place could not be made ready; a failing run is none.
Result<TestOutcome> run_test(const config::TestCase& test, TestMode mode, const TestPlace& place,
                             const Invocation& invocation, const Call& call);

}  // namespace errand::cli
