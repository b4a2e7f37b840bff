#include "cli/test_compare.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/unicode.hpp"
#include "cli/listing.hpp"
#include "tool/diff.hpp"

namespace errand::cli {

namespace {

struct ChangeName {
  TestChange change;
  std::string_view name;
};
constexpr std::array change_names = {
    ChangeName{TestChange::regressed, "regressed"}, ChangeName{TestChange::fixed, "fixed"},
    ChangeName{TestChange::added, "added"},         ChangeName{TestChange::gone, "gone"},
    ChangeName{TestChange::differs, "differs"},     ChangeName{TestChange::same, "same"},
};

std::string_view name_of(TestChange change) {
  return std::ranges::find(change_names, change, &ChangeName::change)->name;
}

std::string score_of(const TestReport& report) {
  if (!report.judgement) return "none";
  return report.judgement->verdict ? fmt::format("{} of 10", report.judgement->verdict->score) : "none";
}

std::string tools_of(const TestReport& report) {
  return report.tools.empty() ? "none" : text::join(report.tools, ", ");
}

std::string indented(const std::string& text) {
  return text::replace_all(std::string(text::trim_end(text)), "\n", "\n    ");
}

// Whether a text ends its last line is no difference here.
std::string as_lines(const std::string& text) {
  return text.empty() || text.ends_with('\n') ? text : text + '\n';
}

// Not the time: it is never the same.
std::vector<std::string> differences_of(const TestReport& before, const TestReport& after) {
  std::vector<std::string> out;
  const auto add = [&](std::string_view what, const std::string& a, const std::string& b) {
    if (a != b) out.push_back(fmt::format("{} {} -> {}", what, a, b));
  };
  add("end", std::string(name_of(before.end)), std::string(name_of(after.end)));
  add("exit", std::to_string(before.exit), std::to_string(after.exit));
  add("turns", std::to_string(before.turns), std::to_string(after.turns));
  add("tokens", std::to_string(before.tokens), std::to_string(after.tokens));
  add("cost", money_text(before.cost_usd), money_text(after.cost_usd));
  add("judge", score_of(before), score_of(after));
  add("tools", tools_of(before), tools_of(after));
  if (before.answer != after.answer)
    out.push_back(
        fmt::format("answer\n{}", text::trim_end(tool::unified_diff(as_lines(before.answer), as_lines(after.answer)))));
  return out;
}

// `same` where it ends as it did.
TestChange change_of(const TestReport* before, const TestReport& after) {
  const bool passes = after.end == TestEnd::passed;
  if (before == nullptr) return passes ? TestChange::added : TestChange::regressed;
  const bool passed = before->end == TestEnd::passed;
  if (passed && !passes) return TestChange::regressed;
  if (!passed && passes) return TestChange::fixed;
  return TestChange::same;
}

ComparedTest compared(const TestReport* before, const TestReport& after) {
  ComparedTest out{after.file, after.about, TestChange::same, {}};
  if (before != nullptr) out.differences = differences_of(*before, after);
  out.change = change_of(before, after);
  if (out.change == TestChange::same && !out.differences.empty()) out.change = TestChange::differs;
  if (after.end == TestEnd::passed) return out;
  out.differences.insert(out.differences.end(), after.failures.begin(), after.failures.end());
  if (!after.error.empty()) out.differences.push_back(after.error);
  return out;
}

}  // namespace

std::vector<ComparedTest> compare(const std::vector<TestReport>& before, const std::vector<TestReport>& after) {
  std::map<std::string, const TestReport*> older;
  for (const auto& report : before) {
    if (report.end != TestEnd::unfinished) older[report.file] = &report;
  }
  std::vector<ComparedTest> out;
  std::map<std::string, bool> seen;
  for (const auto& report : after) {
    seen[report.file] = true;
    if (report.end == TestEnd::unfinished) continue;
    const auto found = older.find(report.file);
    out.push_back(compared(found == older.end() ? nullptr : found->second, report));
  }
  for (const auto& [file, report] : older) {
    if (!seen.contains(file)) out.push_back({file, report->about, TestChange::gone, {}});
  }
  return out;
}

std::size_t count_of(const std::vector<ComparedTest>& tests, TestChange change) {
  return static_cast<std::size_t>(std::ranges::count(tests, change, &ComparedTest::change));
}

std::string comparison_text(const std::vector<ComparedTest>& tests, const std::string& older) {
  std::vector<std::string> counts;
  std::string cases;
  for (const auto& [change, name] : change_names) {
    const auto count = count_of(tests, change);
    if (count > 0) counts.push_back(fmt::format("{} {}", count, name));
    if (change == TestChange::same) continue;
    for (const auto& test : tests) {
      if (test.change != change) continue;
      cases += fmt::format("{:<10}{}{}{}\n", name, test.file, test.about.empty() ? "" : ": ", indented(test.about));
      for (const auto& difference : test.differences) cases += fmt::format("    {}\n", indented(difference));
    }
  }
  return unicode::sanitize(
      fmt::format("compared with {}: {}\n{}", older, counts.empty() ? "nothing" : text::join(counts, ", "), cases));
}

Json comparison_json(const std::vector<ComparedTest>& tests) {
  Json out;
  for (const auto& [change, name] : change_names) out[std::string(name)] = count_of(tests, change);
  auto cases = Json::array();
  for (const auto& test : tests) {
    if (test.change == TestChange::same) continue;
    cases.push_back({{"file", test.file},
                     {"about", test.about},
                     {"change", name_of(test.change)},
                     {"differences", test.differences}});
  }
  out["cases"] = std::move(cases);
  return out;
}

}  // namespace errand::cli
