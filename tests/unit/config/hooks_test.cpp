#include <catch2/catch.hpp>

#include "config/trust.hpp"
#include "support.hpp"

namespace errand::config {

namespace {

using chat::Hook;
using std::chrono::milliseconds;

std::vector<Hook> hooks_of(const std::string& yaml) {
  World world;
  world.write("home/.config/errand/agents.yaml", yaml);
  auto hooks = agent_of(world.load(), "a").definition.hooks;
  const auto file = world.dir / "home/.config/errand/";
  for (auto& hook : hooks) hook.origin = hook.origin.substr(file.size());
  return hooks;
}

std::string mistakes_of(const std::string& hooks) {
  World world;
  world.write("project/agents.yaml", "a:\n  hooks: " + hooks + "\n");
  return world.mistakes();
}

}  // namespace

TEST_CASE("hooks: both forms say the same", "[config][hooks]") {
  const auto nested = hooks_of(
      "a:\n"
      "  hooks:\n"
      "    PreToolUse:\n"
      "      - hooks: [ { type: command, command: ./one, timeout: 10, if: Bash(git push *) }, { command: ./two } ]\n"
      "        matcher: Edit|Write\n"
      "    Stop: [ { hooks: [ { type: command, command: \"${X:-./three}\" } ] } ]\n");
  CHECK(nested ==
        std::vector<Hook>{
            {"PreToolUse", "Edit|Write", "./one", "Bash(git push *)", milliseconds{10'000}, "agents.yaml:4:18"},
            {"PreToolUse", "Edit|Write", "./two", "", milliseconds{600'000}, "agents.yaml:4:88"},
            {"Stop", "", "${X:-./three}", "", milliseconds{600'000}, "agents.yaml:6:24"}});
  const auto flat = hooks_of(
      "a:\n"
      "  hooks:\n"
      "    PreToolUse:\n"
      "      - { matcher: Edit|Write, command: ./one, timeout: 10s, if: Bash(git push *) }\n"
      "      - { matcher: Edit|Write, command: ./two }\n"
      "    Stop: [ { command: \"${X:-./three}\" } ]\n");
  REQUIRE(flat.size() == nested.size());
  for (std::size_t i = 0; i < flat.size(); ++i) {
    auto hook = flat[i];
    hook.origin = nested[i].origin;
    CHECK(hook == nested[i]);
  }
}

TEST_CASE("hooks: an agent's own stand in place of those of _defaults, for all events", "[config][hooks]") {
  const std::string defaults = "_defaults: { hooks: { Stop: [ { command: ./d } ] } }\n";
  CHECK(hooks_of(defaults + "a: {}\n") ==
        std::vector<Hook>{{"Stop", "", "./d", "", milliseconds{600'000}, "agents.yaml:1:31"}});
  CHECK(hooks_of(defaults + "a: { hooks: { Notification: [ { command: ./n } ] } }\n") ==
        std::vector<Hook>{{"Notification", "", "./n", "", milliseconds{600'000}, "agents.yaml:2:31"}});
  CHECK(hooks_of(defaults + "a: { hooks: {} }\n").empty());
}

TEST_CASE("hooks: what is wrong with one is said with its place", "[config][hooks]") {
  struct Case {
    std::string_view hooks;
    std::string_view told;
  };
  const auto c = GENERATE(values<Case>({
      {"{ PreTolUse: [] }",
       "error: unknown event \"PreTolUse\" in hooks of agent \"a\"\n  at agents.yaml:2:12\n"
       "  hint: did you mean \"PreToolUse\"? known events: PreToolUse, PermissionRequest, PostToolUse, "
       "PostToolUseFailure, UserPromptSubmit, Stop, SubagentStop, PreCompact, SessionStart, SessionEnd, "
       "Notification\n"},
      {"{ PreToolUse: [ { matcher: \"Bash(\", command: x } ] }",
       "error: the matcher \"Bash(\" is no pattern: missing ): Bash(\n  at agents.yaml:2:37\n"
       "  hint: write names as Edit|Write, * for all, or a regular expression as RE2 has them\n"},
      {"{ PreToolUse: [ { command: x, timeout: soon } ] }",
       "error: hooks.PreToolUse.timeout of agent \"a\" must be a duration like 90s, 15m or 1h30m of at least 0.1s, not "
       "\"soon\"\n  at agents.yaml:2:49\n"},
      {"{ PreToolUse: [ { command: x, if: Bsah(ls) } ] }",
       "error: the rule \"Bsah(ls)\" names an unknown tool \"Bsah\"\n  at agents.yaml:2:44\n"
       "  hint: did you mean \"Bash\"? known tools: Read, Write, Edit, Glob, Grep, Bash, BashOutput, KillShell, "
       "WebFetch, TodoWrite, "
       "AskUserQuestion, Skill, Memory, Task, ExitPlanMode\n"},
      {"{ Stop: [ { command: x, if: Bash } ] }",
       "error: hooks.Stop.if of agent \"a\" is about no call, so that no rule can fit\n  at agents.yaml:2:38\n"
       "  hint: remove the key, or write the hook for PreToolUse or PostToolUse\n"},
      {"{ Stop: [ { command: \"\" } ] }",
       "error: hooks.Stop.command of agent \"a\" is empty\n  at agents.yaml:2:31\n  hint: give it a value, or remove "
       "it\n"},
      {"{ Stop: [ { hooks: [ { type: prompt, prompt: x } ] } ] }",
       "error: an entry of hooks.Stop.hooks of agent \"a\" has no command\n  at agents.yaml:2:31\n"
       "error: hooks.Stop.hooks.type of agent \"a\" must be command, not \"prompt\"\n  at agents.yaml:2:39\n"
       "error: unknown key \"prompt\" in hooks.Stop.hooks of agent \"a\"\n  at agents.yaml:2:47\n"
       "  hint: known keys: type, command, timeout, if\n"},
      {"[ Stop ]", "error: hooks of agent \"a\" must be a map of keys, not a list\n  at agents.yaml:2:10\n"},
      {"{ Stop: x }",
       "error: hooks.Stop of agent \"a\" must be a list, not \"x\"\n  at agents.yaml:2:18\n  hint: write [x]\n"},
  }));
  CAPTURE(c.hooks);
  CHECK(mistakes_of(std::string(c.hooks)) == c.told);
}

TEST_CASE("hooks: an untrusted project's are named and held back, a subagent's and those of _defaults too",
          "[config][hooks][trust]") {
  World world;
  const auto write = [&](const std::string& command) {
    world.write("project/agents.yaml",
                "_defaults: { hooks: { Stop: [ { command: " + command +
                    " } ] } }\nagents: { a: {}, b: { hooks: { PreCompact: [ { command: y } ] } } }\n");
    world.write("project/subagents.yaml", "s: { description: d, hooks: { PreToolUse: [ { command: z } ] } }\n");
  };
  write("x");
  const auto held = world.load();
  CHECK(held.warnings.front().message ==
        "this directory is not trusted, so this is held back: hooks of _defaults (agents.yaml:1:21), hooks of agent "
        "\"b\" (agents.yaml:2:30), hooks of subagent \"s\" (subagents.yaml:1:29); errand trust allows it");
  for (const auto& entry : held.agents) CHECK(entry.definition.hooks.empty());
  for (const auto& entry : held.subagents) CHECK(entry.definition.hooks.empty());

  REQUIRE(trust_project(held));
  const auto trusted = world.load();
  CHECK(agent_of(trusted, "a").definition.hooks.size() == 1);
  CHECK(agent_of(trusted, "b").definition.hooks.size() == 1);
  CHECK(trusted.subagents.front().definition.hooks.size() == 1);
  CHECK(agent_of(trusted, "a").definition.hash != agent_of(held, "a").definition.hash);

  write("x2");
  const auto changed = world.load();
  CHECK(changed.project.trust == Trust::changed);
  CHECK(agent_of(changed, "a").definition.hooks.empty());
  CHECK(agent_of(changed, "a").definition.hash == agent_of(held, "a").definition.hash);
}

}  // namespace errand::config
