#include "cli/run_diff.hpp"

#include <array>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/json_fields.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"
#include "cli/listing.hpp"
#include "cli/run_facts.hpp"
#include "render/summary.hpp"
#include "tool/diff.hpp"

namespace errand::cli {

namespace {

std::string prompt_in(const Json& body) {
  const auto message = chat::user_from_json(body);
  return message ? chat::text_of(message->content) : std::string();
}

struct Fact {
  std::string_view name;
  std::string before;
  std::string after;
};

// In this order; what is alike says nothing.
std::array<Fact, 9> facts_of(const store::RunInfo& a, const store::RunInfo& b) {
  const auto tokens = [](const store::RunInfo& run) { return render::tokens_line(run.usage); };
  const auto duration = [](const store::RunInfo& run) { return format_duration(duration_of(run)); };
  return {{{"agent", a.agent, b.agent},
           {"definition", a.definition_hash, b.definition_hash},
           {"trigger", a.trigger, b.trigger},
           {"state", how_it_ended(a), how_it_ended(b)},
           {"stopped by", a.stop_reason, b.stop_reason},
           {"turns", std::to_string(a.turns), std::to_string(b.turns)},
           {"tokens", tokens(a), tokens(b)},
           {"cost", money_text(a.cost_usd), money_text(b.cost_usd)},
           {"duration", duration(a), duration(b)}}};
}

std::string title_of(const store::RunInfo& run) {
  return fmt::format("{}  {}  {}", run.id, to_rfc3339(run.started), how_it_ended(run));
}

// Whether a text ends its last line is no difference here.
std::string as_lines(const std::string& text) {
  return text.empty() || text.ends_with('\n') ? text : text + '\n';
}

struct Hunks {
  std::string prompt, calls, answer;
  [[nodiscard]] bool empty() const { return prompt.empty() && calls.empty() && answer.empty(); }
};

Hunks hunks_of(const ComparedRun& before, const ComparedRun& after) {
  return {tool::unified_diff(as_lines(before.prompt), as_lines(after.prompt)),
          tool::unified_diff(as_lines(text::join(before.calls, "\n")), as_lines(text::join(after.calls, "\n"))),
          tool::unified_diff(as_lines(before.answer), as_lines(after.answer))};
}

std::string section(std::string_view title, const std::string& hunks) {
  if (hunks.empty()) return {};
  return fmt::format("\n{}\n{}{}", title, hunks, hunks.ends_with('\n') ? "" : "\n");
}

}  // namespace

Result<ComparedRun> compared(store::RunJournal& journal, const store::RunInfo& run) {
  ComparedRun out{.info = run, .calls = {}, .prompt = {}, .answer = {}};
  ERRAND_TRY_ASSIGN(const auto records, journal.records_of(run, 0));
  for (const auto& record : records) {
    const auto body = chat::parse_json(record.json).value_or(Json());
    if (record.type == "user" && out.prompt.empty()) out.prompt = prompt_in(body);
    if (record.type == "tool_use") out.calls.push_back(std::string(text::first_line(string_at(body, "summary"))));
    if (record.type == "done") out.answer = string_at(body, "result");
  }
  return out;
}

std::string diff_text(const ComparedRun& before, const ComparedRun& after) {
  auto out = fmt::format("--- {}\n+++ {}\n", title_of(before.info), title_of(after.info));
  for (const auto& fact : facts_of(before.info, after.info)) {
    if (fact.before != fact.after) out += fmt::format("{:<11} {} -> {}\n", fact.name, fact.before, fact.after);
  }
  const auto hunks = hunks_of(before, after);
  out += section("prompt", hunks.prompt) + section("tool calls", hunks.calls) + section("answer", hunks.answer);
  if (hunks.empty()) out += "prompt, tool calls and answer are the same\n";
  return unicode::sanitize(out);
}

Json diff_json(const ComparedRun& before, const ComparedRun& after) {
  const auto hunks = hunks_of(before, after);
  return {{"same", hunks.empty()},         {"before", run_json(before.info)},
          {"after", run_json(after.info)}, {"prompt", hunks.prompt},
          {"calls", hunks.calls},          {"answer", hunks.answer}};
}

}  // namespace errand::cli
