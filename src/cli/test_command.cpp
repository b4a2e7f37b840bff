#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>
#include <system_error>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "base/exit_code.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/try.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"
#include "cli/test_batch.hpp"
#include "cli/test_compare.hpp"
#include "cli/test_report.hpp"

namespace errand::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_cases = 10'000;
constexpr std::int64_t max_jobs = 64;  // each takes some seven descriptors, and many shells give 1024
constexpr std::size_t max_jobs_by_default = 8;

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
    out.push_back(at->path().string());
    if (out.size() > max_cases) return fail(ErrorKind::failure, fmt::format("more than {} cases", max_cases));
  }
  if (error) return fail_errno(ErrorKind::failure, fmt::format("can't look for cases in {}", directory), error.value());
  std::ranges::sort(out);
  return out;
}

// However a path was written, a case has one name: reports are compared by it.
std::vector<std::string> named_from_here(const std::vector<std::string>& paths, const std::string& here) {
  std::vector<std::string> out;
  std::set<std::string> seen;
  for (const auto& path : paths) {
    auto name = fs::path(normalize_path(join_path(here, path))).lexically_relative(here).string();
    if (seen.insert(name).second) out.push_back(std::move(name));
  }
  return out;
}

Result<std::vector<std::string>> find_cases(std::vector<std::string> paths) {
  ERRAND_TRY_ASSIGN(const auto here, current_directory());
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
  return named_from_here(out, here);
}

class TestCommand final : public Command {
 public:
  void declare(Options& options) override {
    options.number("-j,--jobs", jobs_, 1,
                   "so many at a time; default: as many as processors, 1 with --record or --live");
    options.flag("--json", json_, "the results as JSON");
    options.text("--junit", junit_, "FILE", "write the results there as JUnit's XML");
    options.text("--compare", compare_, "FILE",
                 "tell what is other than in that earlier --json; 1 for what got worse alone");
    options.text("--from", from_, "FILE", "take the results from that --json, and run nothing");
    options.flag("--record", record_, "make the recordings anew, with your own keys");
    options.flag("--live", live_, "ask the models themselves, with your own keys; recordings are not read");
    options.money("--max-cost", max_cost_, "spend no more than that, all cases together; with --record or --live");
    options.flag("--keep", keep_, "keep the directories the cases ran in, and name them");
  }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    ERRAND_TRY(check(words));
    std::optional<std::vector<TestReport>> older;
    if (compare_) {
      ERRAND_TRY_ASSIGN(older, read_report(*compare_));
    }
    if (from_) {
      ERRAND_TRY_ASSIGN(const auto reports, read_report(*from_));
      std::string lines;
      for (const auto& report : reports) lines += report_text(report);
      ERRAND_TRY_ASSIGN(const int written, print_out(json_ ? "" : lines));
      return written == exit_success ? finish(reports, older) : written;
    }
    ERRAND_TRY_ASSIGN(auto files, find_cases(words));
    return run_all(std::move(files), older, invocation);
  }

 private:
  [[nodiscard]] Result<void> check(const std::vector<std::string>& words) const {
    if (record_ && live_)
      return fail(ErrorKind::usage, "--record and --live exclude each other", "--record asks the models as well");
    if (from_ && (!words.empty() || record_ || live_ || keep_))
      return fail(ErrorKind::usage, "--from runs nothing, so it takes neither paths nor --record, --live and --keep");
    if (max_cost_ && !record_ && !live_)
      return fail(ErrorKind::usage, "--max-cost is about money, and recordings cost none",
                  "give --live or --record with it");
    if (jobs_.value_or(1) > max_jobs)
      return fail(ErrorKind::usage, fmt::format("-j {} is more than {}", *jobs_, max_jobs));
    return check_junit();
  }

  // Before anything is paid for.
  [[nodiscard]] Result<void> check_junit() const {
    if (!junit_) return {};
    const auto directory = parent_path(*junit_);
    if (!is_directory(directory))
      return fail(ErrorKind::failure, fmt::format("can't write {}: there is no directory {}", *junit_, directory));
    if (is_directory(*junit_))
      return fail(ErrorKind::failure, fmt::format("can't write {}: it is a directory", *junit_));
    if (::access(directory.c_str(), W_OK | X_OK) != 0)
      return fail_errno(ErrorKind::failure, fmt::format("can't write {}", *junit_), errno);
    return {};
  }

  [[nodiscard]] std::size_t jobs() const {
    if (jobs_) return static_cast<std::size_t>(*jobs_);
    if (record_ || live_) return 1;
    return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, max_jobs_by_default);
  }

  Result<int> run_all(std::vector<std::string> files, const std::optional<std::vector<TestReport>>& older,
                      const Invocation& invocation) const {
    auto& signals = invocation.signals;
    const TestBatch batch{.files = std::move(files),
                          .mode = record_ ? TestMode::record
                                  : live_ ? TestMode::live
                                          : TestMode::replay,
                          .after = keep_ ? TestPlace::After::keep : TestPlace::After::remove,
                          .jobs = jobs(),
                          .max_cost_usd = max_cost_};
    Result<int> printed = exit_success;
    const auto print = [&](const TestReport& report) {
      if (json_ || !printed || *printed != exit_success) return;
      printed = print_out(report_text(report));
      if (!printed || *printed != exit_success) signals.request({"stdout", exit_broken_pipe});
    };
    const auto reports = run_tests(batch, invocation, Call{signals.begin_run()}, print);
    if (!printed || *printed != exit_success) return printed;
    const auto stopped_by = signals.cancelled();
    ERRAND_TRY_ASSIGN(const int code, finish(reports, older));
    return stopped_by ? stopped_by->exit_code : code;
  }

  [[nodiscard]] Result<int> finish(const std::vector<TestReport>& reports,
                                   const std::optional<std::vector<TestReport>>& older) const {
    const auto compared = older ? std::optional(compare(*older, reports)) : std::nullopt;
    ERRAND_TRY_ASSIGN(const int written,
                      json_
                          ? print_results_json(reports, compared)
                          : print_out(summary_text(reports, record_ || live_ || from_ ? Money::told : Money::left_out) +
                                      (compared ? comparison_text(*compared, *compare_) : "")));
    if (junit_) ERRAND_TRY(write_file_atomic(*junit_, report_junit(reports)));  // what was paid for was shown before
    if (written != exit_success) return written;
    return exit_of(reports, compared);
  }

  static Result<int> print_results_json(const std::vector<TestReport>& reports,
                                        const std::optional<std::vector<ComparedTest>>& compared) {
    auto json = report_json(reports);
    if (compared) json["compared"] = comparison_json(*compared);
    return print_json(json);
  }

  // Whoever compares knows of what failed before.
  static int exit_of(const std::vector<TestReport>& reports, const std::optional<std::vector<ComparedTest>>& compared) {
    const bool bad = compared ? count_of(*compared, TestChange::regressed) > 0
                              : count_of(reports, TestEnd::failed) + count_of(reports, TestEnd::error) > 0;
    if (bad) return exit_code_of(ErrorKind::failure);
    return count_of(reports, TestEnd::unfinished) > 0 ? exit_code_of(ErrorKind::limit) : exit_success;
  }

  std::optional<std::int64_t> jobs_;
  std::optional<std::string> junit_;
  std::optional<std::string> compare_;
  std::optional<std::string> from_;
  std::optional<double> max_cost_;
  bool json_ = false;
  bool record_ = false;
  bool live_ = false;
  bool keep_ = false;
};

}  // namespace

std::unique_ptr<Command> make_test_command() {
  return std::make_unique<TestCommand>();
}

}  // namespace errand::cli
