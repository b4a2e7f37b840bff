#include <algorithm>
#include <map>
#include <mutex>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "agent/run.hpp"
#include "base/fd.hpp"
#include "base/json.hpp"
#include "unit/agent/stage.hpp"

// Hooks where they stand in a run. What one answers is made up here; real shells run them in the end-to-end cases.

using namespace errand;
using namespace errand::test;
using chat::Effect;
using chat::PermissionMode;
using Words = std::vector<std::string>;

namespace {

struct Said {
  int exit_code = 0;
  std::string out;
  std::string err;
};

// A stage on which a hook's command is the name of what it says, and the last of several is repeated.
class HookStage : public Stage {
 public:
  HookStage() {
    sandbox.work = [this](const sandbox::Command& command, const sandbox::SandboxPolicy&, const OnOutput& output,
                          const Call&) -> Result<Finished> {
      const std::lock_guard lock(mutex_);
      heard.push_back(Json::parse(read_all(command.stdin_fd, 1U << 20U).value()));
      auto& list = says.at(command.argv.at(2));
      const auto said = list.front();
      if (list.size() > 1) list.erase(list.begin());
      output(OutputStream::standard_output, said.out);
      output(OutputStream::standard_error, said.err);
      Finished finished;
      finished.exit_code = said.exit_code;
      return finished;
    };
    add_tool("Bash", Effect::execute);
    add_tool("TodoWrite", Effect::none);
  }

  void add_tool(const std::string& name, Effect effect) {
    tools.add(std::make_unique<FakeTool>(
        name, effect, false, [this](const std::string& x, const tool::Context&, const Call&) -> Result<tool::Output> {
          ran.push_back(x);
          auto output = tool::text_output("did " + x);
          output.is_error = x == "fail";
          return output;
        }));
  }

  void hook(const std::string& event, const std::vector<Said>& answers, const std::string& matcher = {}) {
    const auto name = fmt::format("{} {}", event, says.size());
    says[name] = answers;
    definition.hooks.push_back({event, matcher, name, {}, std::chrono::milliseconds{5000}, {}});
  }

  // What the model was told of the calls of its last reply.
  [[nodiscard]] Words results(const std::string& model = "main") const {
    Words out;
    const auto history = models.at(model).asked().back();
    const auto* message = std::get_if<chat::ToolMessage>(&history.back());
    if (message == nullptr) return {"no results"};
    for (const auto& result : message->results)
      out.push_back((result.is_error ? "error: " : "") + chat::text_of(result.content));
    return out;
  }

  [[nodiscard]] Words warnings() const {
    Words out;
    for (const auto& event : events.events) {
      if (const auto* warning = std::get_if<chat::event::Warning>(&event.body)) out.push_back(warning->code);
    }
    return out;
  }

  [[nodiscard]] Words approvals() const {
    Words out;
    for (const auto& event : events.events) {
      if (const auto* approval = std::get_if<chat::event::Approval>(&event.body))
        out.push_back(approval->decision + " by " + approval->by);
    }
    return out;
  }

  std::map<std::string, std::vector<Said>> says;
  std::vector<Json> heard;
  Words ran;

 private:
  std::mutex mutex_;
};

std::string decision(const std::string& word, const std::string& rest = {}) {
  return R"({"hookSpecificOutput":{"permissionDecision":")" + word + "\"" + rest + "}}";
}

Words texts_of(const std::vector<chat::Message>& messages) {
  Words out;
  for (const auto& message : messages) {
    if (const auto* user = std::get_if<chat::UserMessage>(&message)) out.push_back(chat::text_of(user->content));
    if (const auto* reply = std::get_if<chat::AssistantMessage>(&message)) out.push_back(reply->text());
  }
  return out;
}

}  // namespace

TEST_CASE("hooks: the strictest of rules, mode and hooks decides, and an allowing hook asks for the person alone",
          "[agent][hooks]") {
  struct Case {
    std::string_view about;
    PermissionMode mode;
    std::string_view deny_rule;
    std::string_view ask_rule;
    Words says;
    bool runs;
    Words approvals;
  };
  const auto c = GENERATE(values<Case>({
      {"allow stands in for the person", PermissionMode::ask, "", "", {"allow"}, true, {"allow by hook"}},
      {"nothing said, nobody there", PermissionMode::ask, "", "", {"defer"}, false, {"deny by policy"}},
      {"allow is no word against a deny rule", PermissionMode::ask, "Bash(x)", "", {"allow"}, false, {"deny by rule"}},
      {"nor against an ask rule", PermissionMode::ask, "", "Bash(x)", {"allow"}, false, {"deny by policy"}},
      {"nor against a mode that refuses", PermissionMode::plan, "", "", {"allow"}, false, {"deny by policy"}},
      {"allow where it is allowed anyway", PermissionMode::bypass, "", "", {"allow"}, true, {}},
      {"ask where it would be allowed", PermissionMode::bypass, "", "", {"ask"}, false, {"deny by policy"}},
      {"ask beats allow", PermissionMode::bypass, "", "", {"allow", "ask"}, false, {"deny by policy"}},
      {"deny beats ask", PermissionMode::bypass, "", "", {"ask", "deny", "allow"}, false, {"deny by hook"}},
  }));
  CAPTURE(c.about);
  HookStage stage;
  stage.definition.permission_mode = c.mode;
  if (!c.deny_rule.empty()) stage.definition.rules.push_back({chat::RuleAction::deny, "Bash", "x", "here"});
  if (!c.ask_rule.empty()) stage.definition.rules.push_back({chat::RuleAction::ask, "Bash", "x", "here"});
  for (const auto& word : c.says) stage.hook("PreToolUse", {{0, decision(word), ""}});
  stage.models["main"].call({tool_call("a", "Bash", "x")});
  stage.models["main"].say("end");
  const auto result = stage.ask("go");
  CHECK(stage.ran == (c.runs ? Words{"x"} : Words{}));
  CHECK(stage.approvals() == c.approvals);
  CHECK(result.exit_code == (c.runs ? 0 : 6));
  CHECK(result.done.denials.size() == (c.runs ? 0 : 1));
}

TEST_CASE("hooks: one that answers for the person answers for the mode, not for a rule or another hook",
          "[agent][hooks]") {
  struct Case {
    std::string_view about;
    PermissionMode mode;
    chat::RuleAction action;
    std::string_view spec;
    std::string_view before;  // what PreToolUse says
    std::string_view command;
    Words approvals;
  };
  const auto c = GENERATE(values<Case>({
      {"the mode asks", PermissionMode::ask, {}, "", "defer", "x", {"allow by hook"}},
      {"a rule asks", PermissionMode::automatic, chat::RuleAction::ask, "x", "defer", "x", {"deny by policy"}},
      {"in bypass too", PermissionMode::bypass, chat::RuleAction::ask, "x", "defer", "x", {"deny by policy"}},
      {"and where the mode would ask anyway",
       PermissionMode::ask,
       chat::RuleAction::ask,
       "x",
       "allow",
       "x",
       {"deny by policy"}},
      {"nobody knows whether it is denied",
       PermissionMode::bypass,
       chat::RuleAction::deny,
       "touch *",
       "defer",
       "x=touch; $x marker",
       {"deny by policy"}},
      {"another hook asks", PermissionMode::bypass, {}, "", "ask", "x", {"deny by policy"}},
      {"a rule and another hook ask", PermissionMode::ask, chat::RuleAction::ask, "x", "ask", "x", {"deny by policy"}},
  }));
  CAPTURE(c.about);
  HookStage stage;
  stage.definition.permission_mode = c.mode;
  if (!c.spec.empty()) stage.definition.rules.push_back({c.action, "Bash", std::string(c.spec), "here"});
  stage.hook("PreToolUse", {{0, decision(std::string(c.before)), ""}});
  stage.hook("PermissionRequest", {{0, R"({"hookSpecificOutput":{"decision":{"behavior":"allow"}}})", ""}});
  stage.models["main"].call({tool_call("a", "Bash", std::string(c.command))});
  stage.models["main"].say("end");
  stage.ask("go");
  CHECK(stage.approvals() == c.approvals);
  CHECK(stage.ran.size() == (c.approvals == Words{"allow by hook"} ? 1 : 0));
}

TEST_CASE("hooks: a blocked call is a result with the hook's own words, and does not run", "[agent][hooks]") {
  HookStage stage;
  stage.hook("PreToolUse", {{2, "", "use make instead\n"}, {0, "", ""}}, "Bash");
  stage.hook("PostToolUse", {{0, "", ""}});
  stage.models["main"].call({tool_call("a", "Bash", "cc x"), tool_call("b", "Bash", "make")});
  stage.models["main"].say("made");
  const auto result = stage.ask("go");
  CHECK(result.exit_code == 0);
  CHECK(stage.results() == Words{"error: blocked by a hook: use make instead", "did make"});
  REQUIRE(stage.heard.size() == 3);
  CHECK(stage.heard[0]["tool_input"] == Json{{"x", "cc x"}});
  CHECK(stage.heard[0]["tool_use_id"] == "a");
  CHECK(stage.heard[0]["prompt_id"] == stage.events.events.back().run);
  CHECK(stage.heard[2]["hook_event_name"] == "PostToolUse");
  CHECK(stage.heard[2]["tool_response"] == "did make");
  CHECK(stage.heard[2]["duration_ms"].is_number());
}

TEST_CASE("hooks: a changed call is read and decided upon as it is now", "[agent][hooks]") {
  struct Case {
    std::string_view input;
    std::string_view result;
  };
  const auto c = GENERATE(values<Case>({
      {R"({"x": "make"})", "did make"},
      {R"({"y": 1})", "error: a hook changed this call, and now "},
      {R"({"x": "rm"})", "error: denied: it is what the rule Bash(rm) (here) denies"},
  }));
  CAPTURE(c.input);
  HookStage stage;
  stage.definition.rules.push_back({chat::RuleAction::deny, "Bash", "rm", "here"});
  stage.hook("PreToolUse", {{0, decision("allow", ",\"updatedInput\":" + std::string(c.input)), ""}});
  stage.models["main"].call({tool_call("a", "Bash", "cc")});
  stage.models["main"].say("end");
  stage.ask("go");
  CHECK_THAT(stage.results().at(0), Catch::StartsWith(std::string(c.result)));
}

TEST_CASE("hooks: the others hear of a changed call once more, as it is now", "[agent][hooks]") {
  struct Case {
    std::string_view about;
    std::vector<Said> others;  // of the call as it was, and as it is now
    std::string_view result;
  };
  const Said silent{0, "", ""};
  const Said allows{0, decision("allow"), ""};
  const auto c = GENERATE_COPY(values<Case>({
      {"a guard denies what it has become", {silent, {2, "", "no touch"}}, "error: blocked by a hook: no touch"},
      {"an allow was of the call as it was", {allows, silent}, "error: denied: it needs approval"},
      {"an allow of the call as it is", {silent, allows}, "did touch"},
      {"a second change is not taken",
       {silent, {0, decision("allow", ",\"updatedInput\":{\"x\":\"rm\"}"), ""}},
       "did touch"},
      {"an ask stays", {{0, decision("ask"), ""}, allows}, "error: denied: it needs approval"},
  }));
  CAPTURE(c.about);
  HookStage stage;
  stage.definition.permission_mode = PermissionMode::ask;
  stage.hook("PreToolUse", c.others);
  stage.hook("PreToolUse", {{0, R"({"hookSpecificOutput":{"updatedInput":{"x":"touch"}}})", ""}});
  stage.models["main"].call({tool_call("a", "Bash", "cc")});
  stage.models["main"].say("end");
  stage.ask("go");
  CHECK_THAT(stage.results().at(0), Catch::StartsWith(std::string(c.result)));
  REQUIRE(stage.heard.size() == 3);
  CHECK(stage.heard[2]["tool_input"] == Json{{"x", "touch"}});
}

TEST_CASE("hooks: what they add stands behind the result, and a result may be replaced", "[agent][hooks]") {
  HookStage stage;
  stage.hook("PreToolUse", {{0, R"({"hookSpecificOutput":{"additionalContext":"before"}})", ""}});
  stage.hook("PostToolUse",
             {{0, R"({"hookSpecificOutput":{"updatedToolOutput":"new","additionalContext":"more"}})", ""}});
  stage.hook("PostToolUse", {{2, "", "lint says no"}});
  stage.hook("PostToolUseFailure", {{0, R"({"hookSpecificOutput":{"additionalContext":"try again"}})", ""}});
  stage.models["main"].call({tool_call("a", "Bash", "x"), tool_call("b", "Bash", "fail")});
  stage.models["main"].say("end");
  CHECK(stage.ask("go").exit_code == 0);
  const auto results = stage.results();
  REQUIRE(results.size() == 2);
  CHECK(results[0] == "new\n[PostToolUse hook]\nmore\n[PostToolUse hook]\nlint says no");
  CHECK(results[1] == "error: did fail\n[PreToolUse hook]\nbefore\n[PostToolUseFailure hook]\ntry again");
}

TEST_CASE("hooks: they are told the mode that holds now, also after a plan was approved", "[agent][hooks]") {
  HookStage stage;
  stage.definition.permission_mode = PermissionMode::plan;
  stage.person.there = true;  // else plan mode has no end
  stage.tools.add(std::make_unique<FakeTool>(
      "ExitPlanMode", Effect::none, false,
      [](const std::string&, const tool::Context& context, const Call&) -> Result<tool::Output> {
        context.leave_plan(PermissionMode::automatic);
        return tool::text_output("approved");
      }));
  stage.hook("PreToolUse", {{}}, "TodoWrite");
  stage.hook("Stop", {{}});
  stage.models["main"].call({tool_call("a", "TodoWrite", "x")});
  stage.models["main"].call({tool_call("b", "ExitPlanMode", "x")});
  stage.models["main"].call({tool_call("c", "TodoWrite", "x")});
  stage.models["main"].say("end");
  stage.ask("go");
  Words modes;
  for (const auto& told : stage.heard) modes.push_back(told.at("permission_mode").get<std::string>());
  CHECK(modes == Words{"plan", "acceptEdits", "acceptEdits"});
}

TEST_CASE("hooks: continue: false ends the run at once, without an answer and without an error", "[agent][hooks]") {
  const std::string event = GENERATE("PreToolUse", "PostToolUse");
  CAPTURE(event);
  HookStage stage;
  stage.hook(event, {{0, R"({"continue":false,"stopReason":"enough"})", ""}});
  stage.models["main"].call({tool_call("a", "Bash", "x"), tool_call("b", "Bash", "y")}, "working");
  stage.models["main"].say("never asked for");
  const auto result = stage.ask("go");
  CHECK(result.exit_code == 0);
  CHECK(result.done.result.empty());
  CHECK(result.done.stop_reason == "end_turn");
  CHECK(stage.ran == (event == "PreToolUse" ? Words{} : Words{"x"}));
  CHECK(stage.models["main"].asked().size() == 1);
  CHECK(stage.warnings() == Words{"hook_ended_run"});
  // The session goes on: every call has its result.
  stage.says.begin()->second = {{0, "", ""}};
  CHECK(stage.ask("again").exit_code == 0);
}

TEST_CASE("hooks: a stop that is held back is one more prompt, and the hook is told that it was", "[agent][hooks]") {
  HookStage stage;
  stage.hook("Stop", {{2, "", "run the tests"}, {0, "", ""}});
  stage.models["main"].say("done");
  stage.models["main"].say("tested");
  const auto result = stage.ask("go");
  CHECK(result.exit_code == 0);
  CHECK(result.done.result == "tested");
  CHECK(result.done.num_turns == 2);
  CHECK(texts_of(stage.models["main"].asked().back()) == Words{"go", "done", "Stop hook feedback:\nrun the tests"});
  REQUIRE(stage.heard.size() == 2);
  CHECK(stage.heard[0]["stop_hook_active"] == false);
  CHECK(stage.heard[0]["last_assistant_message"] == "done");
  CHECK(stage.heard[1]["stop_hook_active"] == true);
  CHECK(stage.events.types() == Words{"ready", "user", "assistant", "user", "assistant", "done"});
}

TEST_CASE("hooks: one that never lets the agent stop is not heard for ever", "[agent][hooks]") {
  HookStage stage;
  stage.hook("Stop", {{0, R"({"decision":"block","reason":"again"})", ""}});
  for (int i = 0; i < 9; ++i) stage.models["main"].say("done");
  const auto result = stage.ask("go");
  CHECK(result.exit_code == 0);
  CHECK(result.done.num_turns == 9);
  CHECK(stage.warnings() == Words{"hook_failed"});

  HookStage limited;
  limited.definition.limits.max_turns = 2;
  limited.hook("Stop", {{2, "", "again"}});
  for (int i = 0; i < 2; ++i) limited.models["main"].say("done");
  CHECK(limited.ask("go").exit_code == 7);
}

TEST_CASE("hooks: a blocked prompt reaches no model and no store", "[agent][hooks]") {
  const auto said = GENERATE(values<Said>({{2, "", "no secrets here"},
                                           {0, R"({"decision":"block","reason":"no secrets here"})", ""},
                                           {0, R"({"continue":false,"stopReason":"no secrets here"})", ""}}));
  HookStage stage;
  stage.hook("UserPromptSubmit", {said, {0, "", ""}});
  const auto result = stage.ask("the password is hunter2");
  CHECK(result.exit_code == 0);
  CHECK(result.done.result.empty());
  CHECK(stage.models["main"].asked().empty());
  CHECK(stage.events.types() == Words{"ready", "warning", "done"});
  CHECK(stage.heard[0]["prompt"] == "the password is hunter2");
  CHECK(stage.heard[0]["prompt_id"] == stage.events.events.back().run);
  for (const auto& record : stage.records()) CHECK(record.type != "user");
  const auto sessions = stage.store->list({});
  REQUIRE(sessions);
  CHECK(sessions->at(0).start.title.empty());

  stage.models["main"].say("hello");
  CHECK(stage.ask("hi").exit_code == 0);
  CHECK(texts_of(stage.models["main"].asked().back()) == Words{"hi"});
}

TEST_CASE("hooks: what they say of prompt and session goes with the prompt", "[agent][hooks]") {
  HookStage stage;
  stage.hook("SessionStart", {{0, "branch main\n", ""}});
  stage.hook("UserPromptSubmit", {{0, R"({"hookSpecificOutput":{"additionalContext":"be brief"}})", ""}});
  stage.hook("UserPromptSubmit", {{1, "", "broken"}});
  stage.hook("SessionEnd", {{0, "", ""}});
  stage.models["main"].say("one");
  stage.models["main"].say("two");
  stage.models["main"].say("three");
  stage.ask("first");
  stage.ask("second");
  stage.chat().start_new();
  stage.ask("third");
  stage.chat().end("other");
  stage.chat().end("other");
  const std::string brief = "\n[UserPromptSubmit hook]\nbe brief";
  const std::string branch = "\n[SessionStart hook]\nbranch main";
  CHECK(texts_of(stage.models["main"].asked()[1]) == Words{"first" + branch + brief, "one", "second" + brief});
  CHECK(texts_of(stage.models["main"].asked()[2]) == Words{"third" + branch + brief});
  Words told;
  for (const auto& input : stage.heard) {
    if (input.contains("source")) told.push_back("start: " + input["source"].get<std::string>());
    if (input.contains("reason")) told.push_back("end: " + input["reason"].get<std::string>());
    CHECK(input.contains("permission_mode") == input.contains("prompt"));
  }
  CHECK(told == Words{"start: startup", "end: clear", "start: clear", "end: other"});
  CHECK(stage.warnings() == Words{"hook_failed", "hook_failed", "hook_failed"});
}

TEST_CASE("hooks: the end of a session is told after another mode was chosen too", "[agent][hooks]") {
  HookStage stage;
  stage.hook("SessionEnd", {{0, "", ""}});
  stage.models["main"].say("one");
  stage.ask("first");
  stage.chat().use_mode(chat::PermissionMode::plan);
  stage.chat().end("other");
  REQUIRE(stage.heard.size() == 1);
  CHECK(stage.heard.front()["reason"] == "other");
}

TEST_CASE("hooks: a parent's hold for its subagents, whose own are heard there alone", "[agent][hooks]") {
  HookStage stage;
  chat::AgentDefinition scout;
  scout.id = "scout";
  scout.description = "looks";
  scout.models = {"small"};
  scout.hooks = {{"Stop", "", "its own stop", {}, std::chrono::milliseconds{5000}, {}}};
  stage.says["its own stop"] = {{2, "", "look again"}, {0, "", ""}};
  stage.subagents = {scout};
  stage.hook("PreToolUse", {{2, "", "not here"}}, "Bash");
  stage.hook("Stop", {{0, "", ""}});
  stage.hook("SubagentStop", {{0, "", ""}}, "scout");
  stage.hook("SubagentStop", {{2, "", "never"}}, "other");
  stage.models["main"].call({{"t", "Task", R"({"description":"d","prompt":"p","subagent_type":"scout"})", ""}});
  stage.models["small"].call({tool_call("b", "Bash", "x")});
  stage.models["small"].say("first look");
  stage.models["small"].say("second look");
  stage.models["main"].say("end");
  stage.ask("go");
  CHECK(stage.ran.empty());
  CHECK(stage.results() == Words{"second look"});
  Words told;
  for (const auto& input : stage.heard) {
    told.push_back(input["hook_event_name"].get<std::string>() + " in " + input.value("agent_type", "root"));
    if (input.contains("agent_type")) CHECK(input["agent_id"] == "root/scout#1");
  }
  CHECK(told == Words{"PreToolUse in scout", "SubagentStop in scout", "SubagentStop in scout", "SubagentStop in scout",
                      "SubagentStop in scout", "Stop in root"});
}

TEST_CASE("hooks: a question is announced, and a hook may answer it", "[agent][hooks]") {
  HookStage stage;
  stage.definition.permission_mode = PermissionMode::ask;
  stage.person.there = true;
  stage.person.answers.push_back(chat::ApprovalAnswer{chat::Verdict::allow_once, {}});
  stage.hook("Notification", {{0, "", ""}}, "permission_prompt");
  stage.hook("PermissionRequest",
             {{0, R"({"hookSpecificOutput":{"decision":{"behavior":"allow"}}})", ""},
              {0, R"({"hookSpecificOutput":{"decision":{"behavior":"deny","message":"not today"}}})", ""},
              {0, "", ""}});
  stage.models["main"].call(
      {tool_call("a", "Bash", "one"), tool_call("b", "Bash", "two"), tool_call("c", "Bash", "three")});
  stage.models["main"].say("end");
  stage.ask("go");
  CHECK(stage.results() == Words{"did one", "error: blocked by a hook: not today", "did three"});
  CHECK(stage.approvals() == Words{"allow by hook", "deny by hook", "allow by user"});
  CHECK(stage.person.questions.size() == 1);
  REQUIRE(stage.heard.size() == 4);
  CHECK(stage.heard[3]["hook_event_name"] == "Notification");
  CHECK(stage.heard[3]["notification_type"] == "permission_prompt");
}

TEST_CASE("hooks: a compaction can be blocked; the request then goes as it is", "[agent][hooks]") {
  const bool blocks = GENERATE(false, true);
  HookStage stage;
  stage.models["main"].spec.context = 4000;
  stage.hook("PreCompact", {{blocks ? 2 : 0, "", "keep it whole"}}, "auto");
  const std::string long_text(9000, 'x');
  stage.models["main"].say("one");
  stage.models["main"].say(blocks ? "two" : "a summary");
  stage.models["main"].say("three");
  stage.ask(long_text);
  const auto result = stage.ask("second " + long_text);
  CHECK(result.done.result == (blocks ? "two" : "three"));
  REQUIRE(stage.heard.size() == 1);
  CHECK(stage.heard[0]["trigger"] == "auto");
  CHECK((stage.warnings().empty() || stage.warnings().front() == "hook_blocked"));
  const auto types = stage.events.types();
  CHECK((std::ranges::find(types, "compact_completed") == types.end()) == blocks);
}
