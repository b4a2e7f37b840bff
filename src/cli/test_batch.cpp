#include "cli/test_batch.hpp"

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/money.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/shared_money.hpp"
#include "cli/test_check.hpp"
#include "cli/test_judge.hpp"
#include "cli/test_run.hpp"
#include "config/test_case.hpp"

namespace errand::cli {

namespace {

// Reports of all cases are held until the last: what two are compared by must be enough.
constexpr std::size_t max_answer_columns = 4'000;

class Runner {
 public:
  Runner(const TestBatch& batch, const Invocation& invocation, const Call& call,
         const std::function<void(const TestReport&)>& on_report)
      : batch_(batch),
        invocation_(invocation),
        call_(call),
        on_report_(on_report),
        reports_(batch.files.size()),
        ended_(batch.files.size()),
        jobs_(std::min(batch.jobs, batch.files.size())) {
    if (batch.max_cost_usd) money_.emplace(*batch.max_cost_usd, batch.files.size(), jobs_);
    for (std::size_t i = 0; i < reports_.size(); ++i) {
      reports_[i].file = batch.files[i];
      reports_[i].error = "it was not begun";
    }
  }

  std::vector<TestReport> go() {
    {
      std::vector<std::jthread> workers;
      for (std::size_t i = 1; i < jobs_; ++i) workers.emplace_back([this] { work(); });
      work();
    }
    return std::move(reports_);
  }

 private:
  void work() {
    while (const auto index = next()) {
      auto report = run(batch_.files[*index]);
      take(*index, std::move(report));
    }
  }

  std::optional<std::size_t> next() {
    const std::lock_guard lock(mutex_);
    if (next_ == reports_.size() || call_.stop.stop_requested()) return std::nullopt;
    return next_++;
  }

  void take(std::size_t index, TestReport report) {
    const std::lock_guard lock(mutex_);
    if (report.end == TestEnd::unfinished && report.error.empty()) report.error = "it was stopped";
    reports_[index] = std::move(report);
    ended_[index] = true;
    for (; told_ < reports_.size() && ended_[told_]; ++told_) {
      if (reports_[told_].end != TestEnd::unfinished) on_report_(reports_[told_]);
    }
  }

  using Share = std::optional<SharedMoney::Share>;  // none: there is no limit

  TestReport run(const std::string& file) {
    TestReport report;
    report.file = file;
    const auto share = money_ ? Share(money_->take()) : Share();
    const auto done = run(report, share);
    if (share) money_->give_back(*share, spent_by(report));
    if (!done && done.error().kind == ErrorKind::cancelled) return report;
    if (!done && done.error().kind == ErrorKind::limit) {
      report.error = done.error().message;
      return report;
    }
    if (!done) report.error = text::trim(describe(done.error()));
    report.end = !report.error.empty() ? TestEnd::error : report.failures.empty() ? TestEnd::passed : TestEnd::failed;
    return report;
  }

  static double spent_by(const TestReport& report) {
    return report.cost_usd.value_or(0) + (report.judgement ? report.judgement->cost_usd.value_or(0) : 0);
  }

  static std::string why_stopped(const SharedMoney::Share& share) {
    if (share.is_all) return "nothing is left of --max-cost";
    return fmt::format("its share of --max-cost, {}, is spent; with -j1 it may have all that is left",
                       format_usd(share.usd));
  }

  // `limit`: the money that all may cost was not enough for it.
  Result<void> run(TestReport& report, const Share& share) {
    if (share && share->usd <= 0)
      return fail(ErrorKind::limit, fmt::format("it was not begun: {} are spent", format_usd(*batch_.max_cost_usd)));
    const auto left = share ? std::optional(share->usd) : std::nullopt;
    ERRAND_TRY_ASSIGN(const auto path, real_path(report.file));
    ERRAND_TRY_ASSIGN(const auto test, config::load_test_case(path, report.file));
    report.about = test.about;
    ERRAND_TRY_ASSIGN(const auto place, TestPlace::make(batch_.after));
    ERRAND_TRY_ASSIGN(auto outcome, run_test(test, mode_for(test.replay), place, left, invocation_, call_));
    report.duration = outcome.duration;
    if (!outcome.money_ran_out) report.failures = check_test(test, outcome);
    if (batch_.after == TestPlace::After::keep) outcome.notes.push_back(fmt::format("it ran in {}", place.root()));
    report.notes = outcome.notes;
    report.exit = outcome.exit;
    report.answer = text::ellipsize(outcome.answer, max_answer_columns);
    report.tools = outcome.tools;
    report.turns = outcome.turns;
    report.tokens = outcome.tokens;
    report.cost_usd = outcome.cost_usd;
    if (batch_.max_cost_usd && report.tokens > 0 && !report.cost_usd)
      report.notes.emplace_back("what it cost is unknown, so --max-cost does not see it");
    if (outcome.money_ran_out) return fail(ErrorKind::limit, "it was stopped: " + why_stopped(*share));
    if (test.judge) ERRAND_TRY(ask_judge(test, outcome, share, report));
    return {};
  }

  // A case that fails anyway is not worth the judge's money.
  Result<void> ask_judge(const config::TestCase& test, const TestOutcome& outcome, const Share& share,
                         TestReport& report) {
    if (!report.failures.empty()) {
      report.notes.emplace_back("the judge was not asked");
      return {};
    }
    const auto left = share ? std::optional(share->usd - report.cost_usd.value_or(0)) : std::nullopt;
    if (left && *left <= 0) return fail(ErrorKind::limit, "the judge was not asked: " + why_stopped(*share));
    ERRAND_TRY_ASSIGN(auto judgement,
                      judge(test, outcome, mode_for(test.judge->replay), left, batch_.after, invocation_, call_));
    if (batch_.after == TestPlace::After::keep)
      report.notes.push_back(fmt::format("its judge ran in {}", judgement.place));
    if (batch_.max_cost_usd && judgement.tokens > 0 && !judgement.cost_usd)
      report.notes.emplace_back("what its judge cost is unknown, so --max-cost does not see it");
    const bool by_rest = judgement.money_ran_out && left && *left < test.judge->max_cost_usd;
    if (!judgement.verdict) report.error = judgement.error;
    if (judgement.verdict) {
      if (auto why = check_verdict(*test.judge, *judgement.verdict)) report.failures.push_back(*std::move(why));
    }
    report.judgement = std::move(judgement);
    if (by_rest) return fail(ErrorKind::limit, "its judge was stopped: " + why_stopped(*share));
    return {};
  }

  // What names no recording has none to be made.
  [[nodiscard]] TestMode mode_for(const std::string& recording) const {
    return batch_.mode == TestMode::record && recording.empty() ? TestMode::replay : batch_.mode;
  }

  const TestBatch& batch_;
  const Invocation& invocation_;
  const Call& call_;
  const std::function<void(const TestReport&)>& on_report_;
  std::mutex mutex_;
  std::vector<TestReport> reports_;
  std::vector<bool> ended_;
  std::size_t next_ = 0;
  std::size_t told_ = 0;
  std::size_t jobs_;
  std::optional<SharedMoney> money_;
};

}  // namespace

std::vector<TestReport> run_tests(const TestBatch& batch, const Invocation& invocation, const Call& call,
                                  const std::function<void(const TestReport&)>& on_report) {
  return Runner(batch, invocation, call, on_report).go();
}

}  // namespace errand::cli
