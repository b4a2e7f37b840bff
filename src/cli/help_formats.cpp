#include <algorithm>
#include <span>
#include <string>

#include <fmt/format.h>

#include "cli/help.hpp"
#include "config/script.hpp"
#include "config/settings.hpp"
#include "config/test_case.hpp"

namespace errand::cli {

namespace {

// From the tables that the files are checked by, as the man pages end.
template <class Keys>
std::string list_of(const Keys& keys) {
  std::size_t width = 0;
  for (const auto& key : keys) width = std::max(width, std::string_view(key.name).size());
  std::string out;
  for (const auto& key : keys) {
    const auto built_in = key.built_in.empty() ? std::string() : fmt::format(" [{}]", key.built_in);
    out += fmt::format("  {:<{}}  {}{}: {}\n", key.name, width, key.type, built_in, key.description);
  }
  return out;
}

constexpr std::string_view legend = "Each key with what it takes, [what it is when absent], and what it does:\n\n";

}  // namespace

std::string agents_format() {
  return fmt::format(
      "agents.yaml and subagents.yaml: who works, and how. man errand-agents has it with examples, and that of "
      "skills/NAME/SKILL.md.\n\n"
      "  agents:\n"
      "    tidy:\n"
      "      description: Keeps the docs true\n"
      "      model: sonnet\n"
      "      tools: [Read, Grep, Edit]\n\n{}Of an agent:\n\n{}\nOf a subagent:\n\n{}",
      legend, list_of(config::agent_keys()), list_of(config::subagent_keys()));
}

std::string config_format() {
  return fmt::format(
      "config.yaml: settings, providers and budgets; the project's before the user's. man errand-config has it with "
      "examples.\n\n"
      "  providers:\n"
      "    house: {{ base_url: \"https://models.example.com/v1\", api_key_env: HOUSE_KEY }}\n\n{}{}",
      legend, list_of(config::setting_keys()));
}

std::string script_format() {
  return fmt::format(
      "What -m scripted/FILE plays: turns of a model, with no key and no network. man errand-script has it with "
      "examples.\n\n"
      "  turns:\n"
      "    - when: {{ user: \"(?i)tests\" }}\n"
      "      reply: [ {{ text: \"Running them.\" }} ]\n\n{}{}",
      legend, list_of(config::script_keys()));
}

std::string test_format() {
  return fmt::format(
      "*.test.yaml: what must come of a run, for errand test. man errand-test has it with examples.\n\n{}{}", legend,
      list_of(config::test_case_keys()));
}

std::string events_format() {
  return R"text(What --output-format json and stream-json write, and --input-format stream-json reads; one JSON object a line.
man errand-events has every field.

Each event has type, seq, session_id, run_id, time and agent ("root", or the way to a subagent). A run goes from "user"
to exactly one "done". Unknown types and fields are to be passed over.

  ready                      agent_id, model, tools, permission_mode, sandbox, resumed
  user, assistant            what was said: message_id, content; stop_reason, model, usage
  text_delta, thinking_delta a piece of the reply that comes in
  tool_use, tool_output, tool_result
                             a call: id, name, input, summary; what it prints; what came of it
  approval_request, approval what needs approval, and who decided: decision, by
  ask_user_question, answer; plan, plan_approval; todo
  retry, fallback, compact_started, compact_completed, usage, warning
  error                      kind (errand help exit-codes), message, hint, retryable
  cancelled                  by
  done                       stop_reason, result, structured_output, is_error, error, num_turns, duration_ms,
                             total_cost_usd, usage, denials

Lines that are read:

  {"type":"user","content":"…"}                 the next prompt; content is a text or a list of blocks
  {"type":"approval","id":"…","decision":"allow"}    answers an approval_request; or "deny"
  {"type":"answer","question_id":"…","answers":["…"]}
  {"type":"plan_approval","plan_id":"…","decision":"approve"}
  {"type":"cancel"}, {"type":"compact"}
)text";
}

}  // namespace errand::cli
