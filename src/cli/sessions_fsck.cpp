#include <algorithm>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "cli/output.hpp"
#include "cli/sessions.hpp"
#include "store/check.hpp"

namespace errand::cli {

namespace {

using store::CheckReport;
using store::Weight;

constexpr int exit_findings = 1;

std::string_view name_of(Weight weight) {
  switch (weight) {
    case Weight::harmless:
      return "harmless";
    case Weight::loss:
      return "loss";
    case Weight::damage:
      return "damage";
  }
  return "damage";
}

// Nothing was found but what a crash leaves and the next run puts right; or it is mended, and nothing was lost with it.
int exit_of(const CheckReport& report) {
  const bool open = std::ranges::any_of(report.findings, [](const auto& finding) {
    return finding.weight == Weight::loss || (finding.weight == Weight::damage && !finding.mended);
  });
  const bool lost =
      report.salvage && std::ranges::any_of(report.salvage->tables, [](const auto& rows) { return rows.lost != 0; });
  return open || lost ? exit_findings : 0;
}

std::string lost_text(const store::SavedRows& rows) {
  if (!rows.lost) return "an unknown number lost";
  return fmt::format("{} lost", *rows.lost);
}

std::string report_text(const CheckReport& report) {
  if (!report.is_there) return fmt::format("{}: there is no store yet\n", report.path);
  std::string out;
  for (const auto& finding : report.findings) {
    out += fmt::format("{}: {}: {}{}\n", name_of(finding.weight), finding.kind, finding.text,
                       finding.mended ? " (mended)" : "");
  }
  if (report.salvage) {
    out += fmt::format("the damaged store is kept as {}\n", report.salvage->kept_as);
    for (const auto& rows : report.salvage->tables) {
      out += fmt::format("  {}: {} saved, {}\n", rows.table, rows.saved, lost_text(rows));
    }
  }
  out +=
      fmt::format("{}: {}, {}, {}\n", report.path, text::count_of(static_cast<std::size_t>(report.sessions), "session"),
                  text::count_of(static_cast<std::size_t>(report.messages), "message"),
                  report.findings.empty() ? "clean" : text::count_of(report.findings.size(), "finding"));
  return unicode::sanitize(out);
}

Json report_json(const CheckReport& report) {
  auto findings = Json::array();
  for (const auto& finding : report.findings) {
    findings.push_back({{"kind", finding.kind},
                        {"weight", name_of(finding.weight)},
                        {"text", finding.text},
                        {"mended", finding.mended}});
  }
  Json out = {{"path", report.path},         {"exists", report.is_there},       {"sessions", report.sessions},
              {"messages", report.messages}, {"findings", std::move(findings)}, {"salvage", nullptr}};
  if (!report.salvage) return out;
  auto tables = Json::array();
  for (const auto& rows : report.salvage->tables) {
    tables.push_back(
        {{"table", rows.table}, {"saved", rows.saved}, {"lost", rows.lost ? Json(*rows.lost) : Json(nullptr)}});
  }
  out["salvage"] = {{"kept_as", report.salvage->kept_as}, {"tables", std::move(tables)}};
  return out;
}

}  // namespace

Result<int> sessions_fsck(const SessionCall& call) {
  ERRAND_TRY_ASSIGN(const auto config, load_configuration(call.invocation, config::Scope::settings));
  ERRAND_TRY_ASSIGN(const auto place, place_of(call.invocation, config));
  const auto mend = call.options.repair ? store::Mend::what_can_be : store::Mend::nothing;
  ERRAND_TRY_ASSIGN(const auto report, store::check_store(place.data_directory, place.user, mend));
  ERRAND_TRY_ASSIGN(const int printed,
                    call.options.json ? print_json(report_json(report)) : print_out(report_text(report)));
  if (printed == 0 && exit_of(report) != 0 && !call.options.repair) {
    print_note(call.invocation.globals, "\"errand sessions fsck --repair\" mends what can be mended");
  }
  return printed != 0 ? printed : exit_of(report);
}

}  // namespace errand::cli
