#include "agent/subagent.hpp"

#include <latch>
#include <set>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "base/json.hpp"
#include "unit/agent/stage.hpp"

using namespace errand;
using namespace errand::test;
using chat::Effect;

namespace {

chat::ToolCall task(const std::string& id, const std::string& type, const std::string& prompt) {
  return {id, "Task", Json{{"description", "a task"}, {"prompt", prompt}, {"subagent_type", type}}.dump(), ""};
}

chat::AgentDefinition helper(const std::string& id, const std::string& model) {
  chat::AgentDefinition definition;
  definition.id = id;
  definition.description = "helps";
  definition.system_prompt = "You help.";
  definition.models = {model};
  return definition;
}

std::vector<std::string> last_results(const FakeModel& model) {
  std::vector<std::string> out;
  const auto history = model.asked().back();
  const auto* results = std::get_if<chat::ToolMessage>(&history.back());
  REQUIRE(results != nullptr);
  for (const auto& result : results->results)
    out.push_back((result.is_error ? "error: " : "") + chat::text_of(result.content));
  return out;
}

}  // namespace

TEST_CASE("subagent: several in one reply run side by side, each in its own session", "[agent][subagent]") {
  Stage stage;
  stage.subagents = {helper("scout", "small")};
  std::latch both(2);
  for (int i = 0; i < 2; ++i) {
    stage.models["small"].play(
        [&](const provider::Request& request, provider::StreamObserver&, const Call&) -> Result<provider::Reply> {
          both.arrive_and_wait();
          provider::Reply reply;
          reply.message.content = {
              chat::Text{"saw " + chat::text_of(std::get<chat::UserMessage>(request.history[0]).content)}};
          reply.cost_usd = 1.0;
          return reply;
        });
  }
  stage.models["main"].call({task("a", "scout", "left"), task("b", "scout", "right")});
  stage.models["main"].say("both seen");
  const auto result = stage.ask("look");
  CHECK(result.exit_code == 0);
  CHECK(last_results(stage.models["main"]) == std::vector<std::string>{"saw left", "saw right"});
  CHECK(result.done.total_cost_usd == 2.5);

  std::set<std::string> paths, sessions;
  for (std::size_t i = 1; i < stage.events.events.size(); ++i) {
    CHECK(stage.events.events[i].seq == i);
    paths.insert(stage.events.events[i].agent_path);
    sessions.insert(stage.events.events[i].session);
  }
  CHECK(paths == std::set<std::string>{"root", "root/scout#1", "root/scout#2"});
  CHECK(sessions.size() == 3);

  const auto all = stage.store->list({.with_subagents = true}).value();
  CHECK(all.size() == 3);
  const auto roots = stage.store->list({}).value();
  REQUIRE(roots.size() == 1);
  CHECK(roots[0].cost_usd == 2.5);  // with what its subagents cost
}

TEST_CASE("subagent: a link that was made since its parent began opens nothing to it", "[agent][subagent]") {
  Stage stage;
  stage.definition.sandbox.writable = {".", "build"};
  const test::TempDir outside;
  stage.subagents = {helper("scout", "small")};
  std::vector<std::string> roots;
  stage.tools.add(std::make_unique<FakeTool>(
      "Bash", Effect::none, false,
      [&](const std::string& x, const tool::Context& context, const Call&) -> Result<tool::Output> {
        if (x == "link") REQUIRE(::symlink(outside.path().c_str(), (stage.workspace / "build").c_str()) == 0);
        if (x == "look") roots = context.files.policy().writable;
        return tool::text_output(x);
      }));
  stage.models["main"].call({tool_call("a", "Bash", "link")});
  stage.models["main"].call({task("b", "scout", "go")});
  stage.models["small"].call({tool_call("c", "Bash", "look")});
  stage.models["small"].say("looked");
  stage.models["main"].say("done");
  CHECK(stage.ask("go").exit_code == 0);
  CHECK(roots == std::vector<std::string>{stage.workspace.path()});
}

TEST_CASE("subagent: its tools are among its parent's", "[agent][subagent]") {
  Stage stage;
  stage.definition.disallowed_tools = {"Bash"};
  auto wide = helper("wide", "small");
  wide.tools = std::vector<std::string>{"Bash", "TodoWrite"};
  stage.subagents = {wide};
  for (const auto* name : {"Bash", "TodoWrite"}) {
    stage.tools.add(std::make_unique<FakeTool>(
        name, Effect::none, false, [](const std::string& x, const tool::Context&, const Call&) -> Result<tool::Output> {
          return tool::text_output(x);
        }));
  }
  stage.models["small"].call({tool_call("x", "Bash", "rm")});
  stage.models["small"].say("could not");
  stage.models["main"].call({task("a", "wide", "go")});
  stage.models["main"].say("ok");
  CHECK(stage.ask("go").exit_code == 0);
  CHECK(last_results(stage.models["small"])[0] == "error: there is no tool \"Bash\" here; known tools: TodoWrite");
}

TEST_CASE("subagent: one that fails is told to the parent, one that was stopped gives what it had",
          "[agent][subagent]") {
  Stage stage;
  auto short_lived = helper("short", "small");
  short_lived.limits.max_turns = 1;
  stage.subagents = {short_lived};
  stage.tools.add(std::make_unique<FakeTool>("TodoWrite", Effect::none, false,
                                             [](const std::string& x, const tool::Context&,
                                                const Call&) -> Result<tool::Output> { return tool::text_output(x); }));
  stage.models["small"].call({tool_call("x", "TodoWrite", "1")}, "found two of three");
  stage.models["small"].say("", chat::StopReason::end_turn);
  stage.models["main"].call({task("a", "short", "1"), task("c", "nobody", "3")});
  stage.models["main"].call({task("b", "short", "2")});
  stage.models["main"].say("ok");
  CHECK(stage.ask("go").exit_code == 0);
  CHECK(last_results(stage.models["main"]) ==
        std::vector<std::string>{"error: the subagent short did not answer: the model ended without an answer"});
  const auto first = std::get<chat::ToolMessage>(stage.models["main"].asked()[1].back());
  CHECK(chat::text_of(first.results[0].content) ==
        "[partial: the subagent short was stopped: the agent reached its limit of 1 turn]\nfound two of three");
  CHECK(first.results[1].is_error);
}

TEST_CASE("subagent: depth has an end", "[agent][subagent]") {
  Stage stage;
  stage.definition.limits.subagent_depth = 1;
  stage.subagents = {helper("inner", "small")};
  stage.models["small"].call({task("x", "inner", "deeper")});
  stage.models["small"].say("flat");
  stage.models["main"].call({task("a", "inner", "go")});
  stage.models["main"].say("ok");
  CHECK(stage.ask("go").exit_code == 0);
  CHECK(last_results(stage.models["small"])[0].starts_with("error: there is no tool \"Task\" here"));
}

TEST_CASE("subagent: its tokens count in the run's limit", "[agent][subagent]") {
  Stage stage;
  stage.definition.limits.max_tokens = 25;
  stage.subagents = {helper("scout", "small")};
  stage.models["small"].say("a");
  stage.models["main"].call({task("a", "scout", "go")});
  const auto result = stage.ask("go");
  CHECK(result.exit_code == 7);
}
