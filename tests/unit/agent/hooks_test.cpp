#include "agent/hooks.hpp"

#include <algorithm>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/json.hpp"
#include "unit/agent/stage.hpp"

using namespace errand;
using namespace errand::test;
using agent::HookOutcome;
using agent::HookPlace;
using agent::Hooks;
using chat::HookEvent;
using Words = std::vector<std::string>;

namespace {

chat::Hook hook(const std::string& event, const std::string& command, const std::string& matcher = {},
                const std::string& condition = {}) {
  return {event, matcher, command, condition, std::chrono::milliseconds{5000}, "agents.yaml:1:2"};
}

// A sandbox in which every command says the same, and that keeps what it was given.
struct Shell {
  Shell() {
    sandbox.work = [this](const sandbox::Command& command, const sandbox::SandboxPolicy& policy, const OnOutput& output,
                          const Call&) -> Result<Finished> {
      const std::lock_guard lock(mutex);
      commands.push_back(command.argv.at(2));
      last = command;
      env = policy.env;
      standard_input = read_all(command.stdin_fd, 1U << 20U).value();
      if (!says.empty()) output(OutputStream::standard_output, says);
      Finished finished;
      finished.exit_code = exit_code;
      finished.end = end;
      return finished;
    };
  }

  Hooks hooks(const std::vector<chat::Hook>& list, HookPlace place = {}) const {
    place.policy.workspace = "/w";
    place.roots = {"/w", "/home/nobody"};
    place.session = "s1";
    place.cwd = "/w/sub";
    return {list, std::move(place), sandbox};
  }

  FakeSandbox sandbox;
  std::mutex mutex;
  std::string says;
  int exit_code = 0;
  ProcessEnd end = ProcessEnd::exited;
  Words commands;
  sandbox::Command last;
  std::vector<std::pair<std::string, std::string>> env;
  std::string standard_input;
};

policy::CallFacts command_facts(const std::string& command) {
  policy::CallFacts facts;
  facts.tool = "Bash";
  facts.effect = chat::Effect::execute;
  facts.command = command;
  return facts;
}

}  // namespace

TEST_CASE("hooks: those that want to hear of a call run, each command once", "[agent][hooks]") {
  struct Case {
    std::string_view command;
    Words run;
  };
  const auto c = GENERATE(values<Case>({
      {"git push origin", {"all", "any", "bash", "pushes"}},
      {"make && git push", {"all", "any", "bash", "pushes"}},
      {"$(cat cmd) push", {"all", "any", "bash", "pushes"}},  // nobody can say that it is none
      {"git status", {"all", "any", "bash"}},
  }));
  Shell shell;
  const auto hooks =
      shell.hooks({hook("PreToolUse", "all"), hook("PreToolUse", "all", "*"), hook("PreToolUse", "any", "B.s"),
                   hook("PreToolUse", "bash", "Edit|Bash"), hook("PreToolUse", "edits", "Edit|Write"),
                   hook("PostToolUse", "after"), hook("PreToolUse", "pushes", "Bash", "Bash(git push *)")});
  const auto facts = command_facts(std::string(c.command));
  hooks.run(HookEvent::pre_tool_use, {"Bash", &facts}, Json::object(), {});
  std::ranges::sort(shell.commands);
  CAPTURE(c.command);
  CHECK(shell.commands == c.run);
}

TEST_CASE("hooks: events without a subject pay no heed to matchers", "[agent][hooks]") {
  Shell shell;
  const auto hooks = shell.hooks({hook("Stop", "a", "Bash"), hook("SessionStart", "b", "resume")});
  CHECK(hooks.has(HookEvent::stop));
  CHECK_FALSE(hooks.has(HookEvent::session_end));
  hooks.run(HookEvent::stop, {}, Json::object(), {});
  hooks.run(HookEvent::session_start, {"startup", nullptr}, Json::object(), {});
  CHECK(shell.commands == Words{"a"});
}

TEST_CASE("hooks: a hook is told where it is, and sees only the variables that its command names", "[agent][hooks]") {
  Shell shell;
  HookPlace place;
  place.env = {{"TOKEN", "t0k"}, {"OTHER", "o"}, {"PATH", "/evil"}, {"ANTHROPIC_API_KEY", "sk"}};
  place.policy.env = {{"LANG", "de"}};
  place.mode = [] { return chat::PermissionMode::automatic; };
  place.agent_id = "root/scout#1";
  place.agent_type = "scout";
  const auto hooks = shell.hooks({hook("PreToolUse", "x ${TOKEN} ${NONE:-d} ${PATH} ${ }")}, place);
  hooks.run(HookEvent::pre_tool_use, {"Bash", nullptr}, {{"tool_name", "Bash"}, {"tool_input", {{"command", "\xff"}}}},
            {});
  CHECK(shell.last.argv == Words{"/bin/bash", "-c", "x ${TOKEN} ${NONE:-d} ${PATH} ${ }"});
  CHECK(shell.last.cwd == "/w");
  CHECK_FALSE(shell.last.merge_stderr);
  CHECK(shell.env == std::vector<std::pair<std::string, std::string>>{
                         {"LANG", "de"}, {"TOKEN", "t0k"}, {"CLAUDE_PROJECT_DIR", "/w"}, {"ERRAND_PROJECT_DIR", "/w"}});
  CHECK(shell.standard_input ==
        R"({"session_id":"s1","transcript_path":"","cwd":"/w/sub","hook_event_name":"PreToolUse",)"
        R"("permission_mode":"acceptEdits","agent_id":"root/scout#1","agent_type":"scout","tool_name":"Bash",)"
        "\"tool_input\":{\"command\":\"\xEF\xBF\xBD\"}}\n");
}

TEST_CASE("hooks: one that can't be run denies the call it guards, and is told of elsewhere", "[agent][hooks]") {
  Shell shell;
  shell.sandbox.work = nullptr;  // no sandbox can be made
  const auto hooks = shell.hooks({hook("PreToolUse", "x"), hook("UserPromptSubmit", "x"), hook("Stop", "x")});
  const auto denied = hooks.run(HookEvent::pre_tool_use, {"Bash", nullptr}, Json::object(), {});
  CHECK(denied.verdict == HookOutcome::Verdict::deny);
  CHECK(denied.reason ==
        "the PreToolUse hook agents.yaml:1:2 failed: it could not be run: there is no sandbox on this stage");
  for (const auto event : {HookEvent::user_prompt_submit, HookEvent::stop}) {
    const auto told = hooks.run(event, {}, Json::object(), {});
    CHECK_FALSE(told.blocks());
    CHECK(told.notices.size() == 1);
  }
}

TEST_CASE("hooks: one that goes beyond its limits denies the call it guards; the end of the run is nobody's word",
          "[agent][hooks]") {
  Shell shell;
  shell.exit_code = 2;
  shell.end = GENERATE(ProcessEnd::timed_out, ProcessEnd::output_limit);
  const auto hooks = shell.hooks({hook("PreToolUse", "x"), hook("PermissionRequest", "x"), hook("PostToolUse", "x")});
  const std::string why =
      shell.end == ProcessEnd::timed_out ? "it did not end within 5.0s" : "it wrote more than 1048576 bytes";
  for (const auto event : {HookEvent::pre_tool_use, HookEvent::permission_request, HookEvent::post_tool_use}) {
    const auto late = hooks.run(event, {"Bash", nullptr}, Json::object(), {});
    CHECK(late.blocks() == (event != HookEvent::post_tool_use));
    REQUIRE(late.notices.size() == 1);
    CHECK(late.notices[0].message == fmt::format("the {} hook agents.yaml:1:2 failed: {}", chat::name_of(event), why));
  }

  std::stop_source stop;
  stop.request_stop();
  const auto cancelled = hooks.run(HookEvent::pre_tool_use, {"Bash", nullptr}, Json::object(), {stop.get_token()});
  CHECK_FALSE(cancelled.blocks());
  CHECK(cancelled.notices.empty());
}
