#include "cli/test_report.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "base/unicode.hpp"

namespace errand::cli {

namespace {

std::chrono::milliseconds total_duration(const std::vector<TestReport>& reports) {
  std::chrono::milliseconds out{0};
  for (const auto& report : reports) out += report.duration;
  return out;
}

std::string indented(std::string_view text) {
  return text::replace_all(unicode::sanitize(text), "\n", "\n    ");
}

// XML 1.0 takes no control characters, not even escaped (2.2 Characters); sanitize() leaves none but tabs and newlines.
std::string xml(std::string_view text) {
  std::string out;
  for (const char c : unicode::sanitize(text)) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "&#10;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

double seconds(std::chrono::milliseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

std::string testcase(const TestReport& report) {
  auto out = fmt::format("  <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"", xml(report.file),
                         xml(report.about.empty() ? report.file : report.about), seconds(report.duration));
  if (report.failures.empty()) return out + "/>\n";
  out += ">\n";
  for (const auto& failure : report.failures) {
    out += fmt::format("    <failure message=\"{}\"/>\n", xml(failure));
  }
  return out + "  </testcase>\n";
}

}  // namespace

std::size_t failed_of(const std::vector<TestReport>& reports) {
  const auto failed = std::ranges::count_if(reports, [](const auto& report) { return !report.failures.empty(); });
  return static_cast<std::size_t>(failed);
}

std::string report_text(const TestReport& report) {
  auto out = fmt::format("{} {}{}{} ({})\n", report.failures.empty() ? "ok  " : "FAIL", report.file,
                         report.about.empty() ? "" : ": ", report.about, format_duration(report.duration));
  for (const auto& failure : report.failures) out += "  " + failure + "\n";
  for (const auto& note : report.notes) out += "  note: " + note + "\n";
  return out.substr(0, 5) + indented(out.substr(5, out.size() - 6)) + "\n";
}

std::string summary_text(const std::vector<TestReport>& reports) {
  const auto failed = failed_of(reports);
  return fmt::format("{}, {} failed ({})\n", text::count_of(reports.size(), "case"),
                     failed == 0 ? "none" : fmt::format("{}", failed), format_duration(total_duration(reports)));
}

Json report_json(const std::vector<TestReport>& reports) {
  auto cases = Json::array();
  for (const auto& report : reports) {
    cases.push_back({{"file", report.file},
                     {"about", report.about},
                     {"passed", report.failures.empty()},
                     {"duration_ms", report.duration.count()},
                     {"failures", report.failures},
                     {"notes", report.notes}});
  }
  const auto failed = failed_of(reports);
  return {{"cases", std::move(cases)}, {"passed", reports.size() - failed}, {"failed", failed}};
}

std::string report_junit(const std::vector<TestReport>& reports) {
  auto out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuite name=\"errand\" tests=\"{}\" failures=\"{}\" errors=\"0\" time=\"{:.3f}\">\n",
      reports.size(), failed_of(reports), seconds(total_duration(reports)));
  for (const auto& report : reports) out += testcase(report);
  return out + "</testsuite>\n";
}

}  // namespace errand::cli
