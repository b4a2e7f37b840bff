#include "cli/test_report.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/json_fields.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"
#include "cli/listing.hpp"

namespace errand::cli {

namespace {

// Ten thousand cases with a page of text each.
constexpr std::size_t max_report_bytes = std::size_t{256} << 20U;

struct EndName {
  TestEnd end;
  std::string_view name;
  std::string_view mark;  ///< before a case's line
};
constexpr std::array end_names = {
    EndName{TestEnd::passed, "passed", "ok   "},
    EndName{TestEnd::failed, "failed", "FAIL "},
    EndName{TestEnd::error, "error", "ERR  "},
    EndName{TestEnd::unfinished, "unfinished", "---  "},
};

const EndName& row_of(TestEnd end) {
  return *std::ranges::find(end_names, end, &EndName::end);
}

std::chrono::milliseconds total_duration(const std::vector<TestReport>& reports) {
  std::chrono::milliseconds out{0};
  for (const auto& report : reports) out += report.duration;
  return out;
}

// What is known of it; nullopt where something was spent that nobody knows the price of.
std::optional<double> total_cost(const std::vector<TestReport>& reports) {
  double out = 0;
  for (const auto& report : reports) {
    if (report.tokens > 0 && !report.cost_usd) return std::nullopt;
    out += report.cost_usd.value_or(0);
  }
  return out;
}

std::optional<double> judges_cost(const std::vector<TestReport>& reports) {
  double out = 0;
  for (const auto& report : reports) {
    if (!report.judgement) continue;
    if (report.judgement->tokens > 0 && !report.judgement->cost_usd) return std::nullopt;
    out += report.judgement->cost_usd.value_or(0);
  }
  return out;
}

std::vector<std::string> spent_on(const std::vector<TestReport>& reports) {
  std::vector<std::string> out;
  if (const auto cost = total_cost(reports); !cost || *cost > 0) out.push_back(money_text(cost));
  const bool has_judge = std::ranges::any_of(reports, [](const auto& report) { return report.judgement.has_value(); });
  if (has_judge) out.push_back("judges " + money_text(judges_cost(reports)));
  return out;
}

std::string indented(std::string_view text) {
  return text::replace_all(unicode::sanitize(text), "\n", "\n    ");
}

// Without what XML 1.0 takes nowhere, not even escaped (2.2 Characters): the two that are no characters, and controls,
// of which sanitize() leaves tabs and newlines alone.
std::string xml_characters(std::string_view text) {
  constexpr std::string_view replacement = "\uFFFD";
  auto out = unicode::sanitize(text);
  for (const std::string_view none : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"})
    out = text::replace_all(std::move(out), none, replacement);
  return out;
}

// For an attribute, which would read blanks of any kind as spaces (3.3.3).
std::string xml(std::string_view text) {
  std::string out;
  for (const char c : xml_characters(text)) {
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
      case '\t':
        out += "&#9;";
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
  if (report.end == TestEnd::passed) return out + "/>\n";
  out += ">\n";
  for (const auto& failure : report.failures) {
    out += fmt::format("    <failure message=\"{}\"/>\n", xml(failure));
  }
  if (report.end == TestEnd::error) out += fmt::format("    <error message=\"{}\"/>\n", xml(report.error));
  if (report.end == TestEnd::unfinished) out += fmt::format("    <skipped message=\"{}\"/>\n", xml(report.error));
  return out + "  </testcase>\n";
}

Json money_json(const std::optional<double>& usd) {
  return usd ? Json(*usd) : Json();
}

Json judgement_json(const Judgement& judgement) {
  Json out = {{"tokens", judgement.tokens}, {"cost_usd", money_json(judgement.cost_usd)}};
  if (!judgement.verdict) {
    out["error"] = judgement.error;
    return out;
  }
  out["passes"] = judgement.verdict->passes;
  out["score"] = judgement.verdict->score;
  out["reason"] = judgement.verdict->reason;
  return out;
}

Json case_json(const TestReport& report) {
  return {{"file", report.file},
          {"about", report.about},
          {"end", name_of(report.end)},
          {"passed", report.end == TestEnd::passed},
          {"duration_ms", report.duration.count()},
          {"failures", report.failures},
          {"error", report.error},
          {"notes", report.notes},
          {"exit", report.exit},
          {"answer", report.answer},
          {"tools", report.tools},
          {"turns", report.turns},
          {"tokens", report.tokens},
          {"cost_usd", money_json(report.cost_usd)},
          {"judge", report.judgement ? judgement_json(*report.judgement) : Json()}};
}

// --- read again ---

std::optional<double> money_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

std::vector<std::string> texts_at(const Json& json, const char* key) {
  std::vector<std::string> out;
  const auto found = json.find(key);
  if (found == json.end() || !found->is_array()) return out;
  for (const auto& item : *found) {
    if (item.is_string()) out.push_back(item.get<std::string>());
  }
  return out;
}

Judgement judgement_from(const Json& json) {
  Judgement out;
  out.error = string_at(json, "error");
  out.tokens = integer_at(json, "tokens");
  out.cost_usd = money_at(json, "cost_usd");
  if (const auto passes = json.find("passes"); passes != json.end() && passes->is_boolean()) {
    out.verdict = Verdict{passes->get<bool>(), static_cast<int>(integer_at(json, "score")), string_at(json, "reason")};
  }
  return out;
}

std::optional<TestReport> report_from(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  TestReport out;
  out.file = string_at(json, "file");
  const auto end = string_at(json, "end");
  const auto* row = std::ranges::find(end_names, end, &EndName::name);
  if (out.file.empty() || row == end_names.end()) return std::nullopt;
  out.end = row->end;
  out.about = string_at(json, "about");
  out.duration = std::chrono::milliseconds(integer_at(json, "duration_ms"));
  out.failures = texts_at(json, "failures");
  out.error = string_at(json, "error");
  out.notes = texts_at(json, "notes");
  out.exit = static_cast<int>(integer_at(json, "exit"));
  out.answer = string_at(json, "answer");
  out.tools = texts_at(json, "tools");
  out.turns = integer_at(json, "turns");
  out.tokens = integer_at(json, "tokens");
  out.cost_usd = money_at(json, "cost_usd");
  if (const auto judge = json.find("judge"); judge != json.end() && judge->is_object())
    out.judgement = judgement_from(*judge);
  return out;
}

}  // namespace

std::string_view name_of(TestEnd end) {
  return row_of(end).name;
}

std::size_t count_of(const std::vector<TestReport>& reports, TestEnd end) {
  return static_cast<std::size_t>(std::ranges::count(reports, end, &TestReport::end));
}

std::string report_text(const TestReport& report) {
  auto out = fmt::format("{}{}{} ({})\n", report.file, report.about.empty() ? "" : ": ", text::trim_end(report.about),
                         format_duration(report.duration));
  for (const auto& failure : report.failures) out += "  " + failure + "\n";
  if (!report.error.empty()) out += "  " + report.error + "\n";
  for (const auto& note : report.notes) out += "  note: " + note + "\n";
  return std::string(row_of(report.end).mark) + indented(text::trim_end(out)) + "\n";
}

std::string summary_text(const std::vector<TestReport>& reports, Money money) {
  const auto failed = count_of(reports, TestEnd::failed);
  auto out = fmt::format("{}, {} failed", text::count_of(reports.size(), "case"),
                         failed == 0 ? "none" : fmt::format("{}", failed));
  if (const auto errors = count_of(reports, TestEnd::error); errors > 0)
    out += fmt::format(", {}", text::count_of(errors, "error"));
  if (const auto rest = count_of(reports, TestEnd::unfinished); rest > 0) out += fmt::format(", {} not run", rest);
  auto took = money == Money::told ? spent_on(reports) : std::vector<std::string>();
  took.push_back(format_duration(total_duration(reports)));
  return fmt::format("{} ({})\n", out, text::join(took, ", "));
}

Json report_json(const std::vector<TestReport>& reports) {
  auto cases = Json::array();
  for (const auto& report : reports) cases.push_back(case_json(report));
  return {{"cases", std::move(cases)},
          {"passed", count_of(reports, TestEnd::passed)},
          {"failed", count_of(reports, TestEnd::failed)},
          {"errors", count_of(reports, TestEnd::error)},
          {"unfinished", count_of(reports, TestEnd::unfinished)},
          {"duration_ms", total_duration(reports).count()},
          {"cost_usd", money_json(total_cost(reports))},
          {"judges_cost_usd", money_json(judges_cost(reports))}};
}

Result<std::vector<TestReport>> read_report(const std::string& path) {
  ERRAND_TRY_ASSIGN(const auto text, read_file(path, max_report_bytes));
  const auto wrong = [&] {
    return fail(ErrorKind::config, fmt::format("{} is no report of test cases", path),
                "errand test --json writes one: errand test --json > old.json");
  };
  const auto json = chat::parse_json(text);
  if (!json || !json->is_object()) return wrong();
  const auto cases = json->find("cases");
  if (cases == json->end() || !cases->is_array()) return wrong();
  std::vector<TestReport> out;
  for (const auto& item : *cases) {
    auto report = report_from(item);
    if (!report) return wrong();
    out.push_back(*std::move(report));
  }
  return out;
}

std::string report_junit(const std::vector<TestReport>& reports) {
  auto out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuite name=\"errand\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\">\n",
      reports.size(), count_of(reports, TestEnd::failed), count_of(reports, TestEnd::error),
      count_of(reports, TestEnd::unfinished), seconds(total_duration(reports)));
  for (const auto& report : reports) out += testcase(report);
  return out + "</testsuite>\n";
}

}  // namespace errand::cli
