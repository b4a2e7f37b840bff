#include <algorithm>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/exit_code.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/try.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"
#include "cli/test_check.hpp"
#include "cli/test_report.hpp"
#include "cli/test_run.hpp"
#include "config/test_case.hpp"

namespace errand::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_cases = 10'000;

bool is_case_name(std::string_view name) {
  return name.ends_with(".test.yaml") || name.ends_with(".test.yml");
}

// The cases below a directory, in the order of their names. Hidden directories and links are passed over.
Result<std::vector<std::string>> cases_below(const std::string& directory) {
  std::vector<std::string> out;
  std::error_code error;
  for (fs::recursive_directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    const auto name = at->path().filename().string();
    if (at->is_directory() && name.starts_with('.')) at.disable_recursion_pending();
    if (!at->is_regular_file() || !is_case_name(name)) continue;
    out.push_back(directory == "." ? at->path().lexically_relative(".").string() : at->path().string());
    if (out.size() > max_cases) return fail(ErrorKind::failure, fmt::format("more than {} cases", max_cases));
  }
  if (error) return fail_errno(ErrorKind::failure, fmt::format("can't look for cases in {}", directory), error.value());
  std::ranges::sort(out);
  return out;
}

Result<std::vector<std::string>> find_cases(std::vector<std::string> paths) {
  if (paths.empty()) paths.emplace_back(".");
  std::vector<std::string> out;
  for (const auto& path : paths) {
    if (!path_exists(path)) return fail(ErrorKind::failure, fmt::format("there is no file or directory {}", path));
    if (!is_directory(path)) {
      out.push_back(path);
      continue;
    }
    ERRAND_TRY_ASSIGN(const auto found, cases_below(path));
    if (found.empty()) {
      return fail(ErrorKind::failure, fmt::format("there are no test cases in {}", path),
                  "a case is a file named *.test.yaml; see errand-test(5)");
    }
    out.insert(out.end(), found.begin(), found.end());
  }
  return out;
}

class TestCommand final : public Command {
 public:
  void declare(Options& options) override {
    options.flag("--json", json_, "the results as JSON");
    options.text("--junit", junit_, "FILE", "write the results there as JUnit's XML");
    options.flag("--record", record_, "make the recordings anew, with your own keys");
    options.flag("--keep", keep_, "keep the directories the cases ran in, and name them");
  }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    ERRAND_TRY_ASSIGN(const auto files, find_cases(words));
    const Call call{invocation.signals.begin_run()};
    std::vector<TestReport> reports;
    for (const auto& file : files) {
      ERRAND_TRY_ASSIGN(auto report, test(file, invocation, call));
      if (!json_) {
        ERRAND_TRY_ASSIGN(const int written, print_out(report_text(report)));
        if (written != exit_success) return written;
      }
      reports.push_back(std::move(report));
    }
    return finish(reports);
  }

 private:
  // What is wrong with a case is its failure; only a stop ends them all.
  Result<TestReport> test(const std::string& file, const Invocation& invocation, const Call& call) const {
    TestReport report;
    report.file = file;
    const auto done = run_case(report, invocation, call);
    ERRAND_TRY(call.check());
    if (!done) report.failures.push_back(describe(done.error()));
    return report;
  }

  Result<void> run_case(TestReport& report, const Invocation& invocation, const Call& call) const {
    ERRAND_TRY_ASSIGN(const auto path, real_path(report.file));
    ERRAND_TRY_ASSIGN(const auto test, config::load_test_case(path));
    report.about = test.about;
    const auto mode = record_ && !test.replay.empty() ? TestMode::record : TestMode::replay;
    ERRAND_TRY_ASSIGN(const auto place, TestPlace::make(keep_ ? TestPlace::After::keep : TestPlace::After::remove));
    ERRAND_TRY_ASSIGN(auto outcome, run_test(test, mode, place, invocation, call));
    report.duration = outcome.duration;
    report.failures = check_test(test, outcome);
    report.notes = std::move(outcome.notes);
    if (keep_) report.notes.push_back(fmt::format("it ran in {}", place.root()));
    return {};
  }

  Result<int> finish(const std::vector<TestReport>& reports) const {
    if (junit_) ERRAND_TRY(write_file_atomic(*junit_, report_junit(reports)));
    ERRAND_TRY_ASSIGN(const int written, json_ ? print_json(report_json(reports)) : print_out(summary_text(reports)));
    if (written != exit_success) return written;
    return failed_of(reports) == 0 ? exit_success : exit_code_of(ErrorKind::failure);
  }

  bool json_ = false;
  std::optional<std::string> junit_;
  bool record_ = false;
  bool keep_ = false;
};

}  // namespace

std::unique_ptr<Command> make_test_command() {
  return std::make_unique<TestCommand>();
}

}  // namespace errand::cli
