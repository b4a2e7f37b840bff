#include "agent/hook_answer.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/text.hpp"

using namespace errand;
using namespace errand::agent;
using chat::HookEvent;

namespace {

std::string_view word_for(HookOutcome::Verdict verdict) {
  using Verdict = HookOutcome::Verdict;
  switch (verdict) {
    case Verdict::none:
      return "none";
    case Verdict::allow:
      return "allow";
    case Verdict::ask:
      return "ask";
    case Verdict::deny:
      return "deny";
  }
  return "?";
}

// All of an outcome on one line, what is not there left out.
std::string shown(const HookOutcome& outcome) {
  auto out = std::string(word_for(outcome.verdict));
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out += fmt::format("; {}: {}", name, value);
  };
  add("reason", outcome.reason);
  add("input", outcome.updated_input);
  if (outcome.updated_output) out += fmt::format("; output: {}", *outcome.updated_output);
  for (const auto& text : outcome.context) add("context", text);
  if (outcome.ends_run) out += "; ends the run";
  for (const auto& notice : outcome.notices) add(notice.code, notice.message);
  return out;
}

std::string read(HookEvent event, int exit_code, std::string_view out, std::string_view err) {
  return shown(read_answer(event, "h:1:2", {exit_code, std::string(out), std::string(err)}));
}

}  // namespace

TEST_CASE("hook answer: what a hook says means what the protocol says it means", "[agent][hooks]") {
  struct Case {
    HookEvent event;
    int exit_code;
    std::string_view out;
    std::string_view err;
    std::string_view shown;
  };
  constexpr auto pre = HookEvent::pre_tool_use;
  constexpr auto post = HookEvent::post_tool_use;
  constexpr auto prompt = HookEvent::user_prompt_submit;
  const auto c = GENERATE(values<Case>({
      // exit codes
      {pre, 0, "", "said aloud", "none"},
      {pre, 2, "{\"continue\": false}", "no\nway\n", "deny; reason: no\nway"},
      {pre, 2, "", "", "deny; reason: blocked by the hook h:1:2"},
      {pre, 1, "{\"decision\":\"block\"}", "first\nsecond",
       "none; hook_failed: the PreToolUse hook h:1:2 failed: it ended with exit code 1: first"},
      {pre, 126, "", "",
       "deny; reason: the PreToolUse hook h:1:2 failed: it ended with exit code 126; hook_failed: the PreToolUse hook "
       "h:1:2 failed: it ended with exit code 126"},
      {pre, 127, R"({"decision":"approve"})", "bash: ./guard.sh: not found",
       "deny; reason: the PreToolUse hook h:1:2 failed: it ended with exit code 127: bash: ./guard.sh: not found; "
       "hook_failed: the PreToolUse hook h:1:2 failed: it ended with exit code 127: bash: ./guard.sh: not found"},
      {pre, 137, "", "",
       "deny; reason: the PreToolUse hook h:1:2 failed: it ended with exit code 137; hook_failed: the PreToolUse hook "
       "h:1:2 failed: it ended with exit code 137"},
      {HookEvent::permission_request, 127, "", "",
       "deny; reason: the PermissionRequest hook h:1:2 failed: it ended with exit code 127; hook_failed: the "
       "PermissionRequest hook h:1:2 failed: it ended with exit code 127"},
      {pre, 128, "", "", "none; hook_failed: the PreToolUse hook h:1:2 failed: it ended with exit code 128"},
      {prompt, 127, "", "", "none; hook_failed: the UserPromptSubmit hook h:1:2 failed: it ended with exit code 127"},
      {HookEvent::stop, 2, "", "tests first", "deny; reason: tests first"},
      {HookEvent::pre_compact, 2, "", "no", "deny; reason: no"},
      {HookEvent::session_start, 2, "", "hello", "none; hook_message: hello"},
      {HookEvent::notification, 2, "", "hello", "none; hook_message: hello"},
      {HookEvent::session_end, 2, "", "", "none"},
      // plain text
      {prompt, 0, " today is Monday\n", "", "none; context: today is Monday"},
      {HookEvent::session_start, 0, "[1, 2]", "", "none; context: [1, 2]"},
      {pre, 0, "today is Monday", "", "none"},
      {post, 0, "\"text\"", "", "none"},
      // JSON that is none
      {pre, 0, "{\"decision\": ", "",
       "deny; reason: the PreToolUse hook h:1:2 failed: its output begins like a JSON object and is none; hook_failed: "
       "the PreToolUse hook h:1:2 failed: its output begins like a JSON object and is none"},
      {pre, 0, R"({"hookSpecificOutput":{"permissionDecision":"deny"}} done)", "",
       "deny; reason: the PreToolUse hook h:1:2 failed: its output begins like a JSON object and is none; hook_failed: "
       "the PreToolUse hook h:1:2 failed: its output begins like a JSON object and is none"},
      {pre, 0, R"(looking... {"hookSpecificOutput":{"permissionDecision":"deny"}})", "",
       "deny; reason: the PreToolUse hook h:1:2 failed: its output holds an answer and is no JSON object; hook_failed: "
       "the PreToolUse hook h:1:2 failed: its output holds an answer and is no JSON object"},
      {post, 0, R"([{"decision":"block"}])", "", "none"},
      {prompt, 0, "{x}", "",
       "none; hook_failed: the UserPromptSubmit hook h:1:2 failed: its output begins like a JSON object and is none"},
      {pre, 0, "{}", "", "none"},
      // what all events have
      {pre, 0, R"({"continue": false, "stopReason": "enough"})", "",
       "none; ends the run; hook_ended_run: the PreToolUse hook h:1:2 ended the run: enough"},
      {post, 0, R"({"continue": false})", "",
       "none; ends the run; hook_ended_run: the PostToolUse hook h:1:2 ended the run"},
      {pre, 0, R"({"continue": true, "suppressOutput": true, "systemMessage": "note"})", "",
       "none; hook_message: note"},
      {pre, 0, R"({"continue": true, "systemMessage": 3})", "", "none"},
      {pre, 0, R"({"continue": "no"})", "",
       "deny; reason: the PreToolUse hook h:1:2 failed: it answered continue \"no\", which means nothing here; "
       "hook_failed: the PreToolUse hook h:1:2 failed: it answered continue \"no\", which means nothing here"},
      // decisions
      {pre, 0, R"({"hookSpecificOutput":{"permissionDecision":"deny","permissionDecisionReason":"why"}})", "",
       "deny; reason: why"},
      {pre, 0, R"({"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"allow"}})", "", "allow"},
      {pre, 0, R"({"hookSpecificOutput":{"permissionDecision":"ask","permissionDecisionReason":"sure?"}})", "",
       "ask; reason: sure?"},
      {pre, 0, R"({"hookSpecificOutput":{"permissionDecision":"defer"}})", "", "none"},
      {pre, 0, R"({"hookSpecificOutput":{"permissionDecision":"Allow"}})", "",
       "deny; reason: the PreToolUse hook h:1:2 failed: it answered permissionDecision \"Allow\", which means nothing "
       "here; hook_failed: the PreToolUse hook h:1:2 failed: it answered permissionDecision \"Allow\", which means "
       "nothing here"},
      {pre, 0, R"({"hookSpecificOutput":{"permissionDecision":["deny"]}})", "",
       "deny; reason: the PreToolUse hook h:1:2 failed: it answered permissionDecision [\"deny\"], which means nothing "
       "here; hook_failed: the PreToolUse hook h:1:2 failed: it answered permissionDecision [\"deny\"], which means "
       "nothing here"},
      {pre, 0, R"({"hookSpecificOutput":{"permissionDecision":null}})", "", "none"},
      {pre, 0, R"({"hookSpecificOutput":"deny"})", "",
       "deny; reason: the PreToolUse hook h:1:2 failed: it answered hookSpecificOutput \"deny\", which means nothing "
       "here; hook_failed: the PreToolUse hook h:1:2 failed: it answered hookSpecificOutput \"deny\", which means "
       "nothing here"},
      {pre, 0, R"({"decision":"Block","reason":"r"})", "",
       "deny; reason: the PreToolUse hook h:1:2 failed: it answered decision \"Block\", which means nothing here; "
       "hook_failed: the PreToolUse hook h:1:2 failed: it answered decision \"Block\", which means nothing here"},
      {pre, 0, R"({"decision":"approve","hookSpecificOutput":{"permissionDecision":"Deny"}})", "",
       "deny; reason: the PreToolUse hook h:1:2 failed: it answered permissionDecision \"Deny\", which means nothing "
       "here; hook_failed: the PreToolUse hook h:1:2 failed: it answered permissionDecision \"Deny\", which means "
       "nothing here"},
      {pre, 0, R"({"hookSpecificOutput":{"hookEventName":"Stop","permissionDecision":"allow"}})", "",
       "deny; reason: the PreToolUse hook h:1:2 failed: it answered hookEventName \"Stop\", which means nothing here; "
       "hook_failed: the PreToolUse hook h:1:2 failed: it answered hookEventName \"Stop\", which means nothing here"},
      {pre, 0, R"({"decision":"approve"})", "", "allow"},
      {pre, 0, R"({"decision":"block","reason":"r"})", "", "deny; reason: r"},
      {pre, 0, R"({"decision":"approve","hookSpecificOutput":{"permissionDecision":"deny"}})", "",
       "deny; reason: blocked by the hook h:1:2"},
      {pre, 0, R"({"decision":"block","hookSpecificOutput":{"permissionDecision":"allow"}})", "",
       "deny; reason: blocked by the hook h:1:2"},
      {prompt, 0, R"({"decision":"block","reason":"r"})", "", "deny; reason: r"},
      {prompt, 0, R"({"decision":"approve"})", "",
       "none; hook_failed: the UserPromptSubmit hook h:1:2 failed: it answered decision \"approve\", which means "
       "nothing "
       "here"},
      {HookEvent::session_start, 0, R"({"decision":"block"})", "", "none"},
      {HookEvent::permission_request, 0, R"({"hookSpecificOutput":{"decision":{"behavior":"allow"}}})", "", "allow"},
      {HookEvent::permission_request, 0, R"({"hookSpecificOutput":{"decision":{"behavior":"deny","message":"m"}}})", "",
       "deny; reason: m"},
      {HookEvent::permission_request, 0, R"({"hookSpecificOutput":{"decision":{"behavior":"Deny"}}})", "",
       "deny; reason: the PermissionRequest hook h:1:2 failed: it answered decision {\"behavior\":\"Deny\"}, which "
       "means nothing here; hook_failed: the PermissionRequest hook h:1:2 failed: it answered decision "
       "{\"behavior\":\"Deny\"}, which means nothing here"},
      {HookEvent::permission_request, 0, R"({"hookSpecificOutput":{"decision":"deny"}})", "",
       "deny; reason: the PermissionRequest hook h:1:2 failed: it answered decision \"deny\", which means nothing "
       "here; hook_failed: the PermissionRequest hook h:1:2 failed: it answered decision \"deny\", which means nothing "
       "here"},
      // what changes a call
      {pre, 0, R"({"hookSpecificOutput":{"updatedInput":{"b":1,"a":"x"},"additionalContext":"c"}})", "",
       "none; input: {\"b\":1,\"a\":\"x\"}; context: c"},
      {pre, 0, R"({"hookSpecificOutput":{"updatedInput":"ls"}})", "",
       "deny; reason: the PreToolUse hook h:1:2 failed: it answered updatedInput \"ls\", which means nothing here; "
       "hook_failed: the PreToolUse hook h:1:2 failed: it answered updatedInput \"ls\", which means nothing here"},
      {post, 0, R"({"hookSpecificOutput":{"updatedToolOutput":"new","additionalContext":"c"}})", "",
       "none; output: new; context: c"},
      {post, 0, R"({"hookSpecificOutput":{"updatedToolOutput":{"a":1}}})", "", "none; output: {\"a\":1}"},
      {post, 0, R"({"hookSpecificOutput":{"updatedInput":{"a":1}}})", "", "none"},
      {prompt, 0, R"({"hookSpecificOutput":{"additionalContext":"c"}})", "", "none; context: c"},
  }));
  CAPTURE(c.exit_code, c.out, c.err);
  CHECK(read(c.event, c.exit_code, c.out, c.err) == c.shown);
}

TEST_CASE("hook answer: its text is hostile, and bounded", "[agent][hooks]") {
  CHECK(read(HookEvent::pre_tool_use, 2, "", "\x1b[31mred") == "deny; reason: ⟦escape⟧red");
  const auto plain = read_answer(HookEvent::session_start, "h", {0, std::string(max_hook_text_bytes + 5, 'x'), ""});
  REQUIRE(plain.context.size() == 1);
  CHECK(plain.context[0] == std::string(max_hook_text_bytes, 'x') + "\n[… 5 bytes left out]");
  const auto failed = read_answer(HookEvent::stop, "h", {1, "", std::string(5000, 'x')});
  CHECK(failed.notices.at(0).message.size() < 400);
}

TEST_CASE("hook answer: of several, deny beats ask beats allow, and each is heard", "[agent][hooks]") {
  using Verdict = HookOutcome::Verdict;
  const auto with = [](Verdict verdict, const std::string& reason) {
    HookOutcome out;
    out.verdict = verdict;
    out.reason = reason;
    out.context = {"of " + reason};
    return out;
  };
  HookOutcome all;
  combine(all, with(Verdict::ask, "a"));
  combine(all, with(Verdict::allow, "b"));
  CHECK(shown(all) == "ask; reason: a; context: of a; context: of b");
  combine(all, with(Verdict::deny, "c"));
  combine(all, with(Verdict::deny, "d"));
  combine(all, with(Verdict::ask, "e"));
  CHECK(all.verdict == Verdict::deny);
  CHECK(all.reason == "c\nd");
  CHECK(all.context.size() == 5);

  HookOutcome changed = with(Verdict::none, "");
  changed.updated_input = "{\"x\":1}";
  changed.ends_run = true;
  combine(all, changed);
  combine(all, {});
  CHECK(all.updated_input == "{\"x\":1}");
  CHECK(all.ends_run);
}
