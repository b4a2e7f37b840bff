#include "agent/run.hpp"

#include <atomic>
#include <latch>
#include <thread>

#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "unit/agent/stage.hpp"

using namespace errand;
using namespace errand::test;
using chat::Effect;
using Types = std::vector<std::string>;

namespace {

std::unique_ptr<tool::Tool> echo(const std::string& name, Effect effect = Effect::none, bool parallel = false) {
  return std::make_unique<FakeTool>(
      name, effect, parallel, [](const std::string& x, const tool::Context&, const Call&) -> Result<tool::Output> {
        return tool::text_output("did " + x);
      });
}

std::unique_ptr<tool::Tool> failing(const std::string& name, Error error) {
  return std::make_unique<FakeTool>(
      name, Effect::none, false,
      [=](const std::string&, const tool::Context&, const Call&) -> Result<tool::Output> { return fail(error); });
}

std::vector<std::string> results_in(const std::vector<chat::Message>& history) {
  std::vector<std::string> out;
  for (const auto& message : history) {
    const auto* results = std::get_if<chat::ToolMessage>(&message);
    if (results == nullptr) continue;
    for (const auto& result : results->results)
      out.push_back((result.is_error ? "error: " : "") + chat::text_of(result.content));
  }
  return out;
}

}  // namespace

TEST_CASE("run: an answer goes from prompt to done, kept and numbered without a gap", "[agent][run]") {
  Stage stage;
  stage.models["main"].say("Hello.");
  const auto result = stage.ask("hi");
  CHECK(result.exit_code == 0);
  CHECK(stage.events.types() == Types{"ready", "user", "assistant", "done"});
  CHECK(stage.events.done().result == "Hello.");
  CHECK(stage.events.done().total_cost_usd == 0.25);
  CHECK(stage.events.done().num_turns == 1);
  CHECK(stage.events.events.front().seq == 0);
  for (std::size_t i = 1; i < stage.events.events.size(); ++i) CHECK(stage.events.events[i].seq == i);
}

TEST_CASE("run: a tool's result is kept before the next request has it", "[agent][run]") {
  Stage stage;
  stage.tools.add(echo("TodoWrite"));
  stage.models["main"].call({tool_call("a", "TodoWrite", "one"), tool_call("b", "TodoWrite", "two")});
  stage.models["main"].play(
      [&](const provider::Request& request, provider::StreamObserver&, const Call&) -> Result<provider::Reply> {
        CHECK(results_in(request.history) == Types{"did one", "did two"});
        Types kept;
        for (const auto& record : stage.records()) kept.push_back(record.type);
        CHECK(kept == Types{"user", "assistant", "usage", "tool_use", "tool_use", "tool_result", "tool_result"});
        provider::Reply reply;
        reply.message.content = {chat::Text{"done"}};
        return reply;
      });
  CHECK(stage.ask("go").exit_code == 0);
  CHECK(stage.events.done().total_cost_usd == std::nullopt);  // one price was unknown
}

TEST_CASE("run: read-only calls run together, results come back in call order", "[agent][run]") {
  Stage stage;
  std::latch both(2);  // released only when both are running
  stage.tools.add(std::make_unique<FakeTool>(
      "Read", Effect::none, true, [&](const std::string& x, const tool::Context&, const Call&) -> Result<tool::Output> {
        both.arrive_and_wait();
        return tool::text_output(x);
      }));
  stage.models["main"].call({tool_call("a", "Read", "1"), tool_call("b", "Read", "2")});
  stage.models["main"].say("ok");
  CHECK(stage.ask("go").exit_code == 0);
  CHECK(results_in(stage.models["main"].asked().back()) == Types{"1", "2"});
}

TEST_CASE("run: what can't run is told to the model in a sentence", "[agent][run]") {
  Stage stage;
  stage.tools.add(echo("TodoWrite"));
  stage.models["main"].call(
      {tool_call("a", "TodoWrit", "x"), {"b", "TodoWrite", "{\"x\": \"cut", ""}, {"c", "TodoWrite", "{\"y\":1}", ""}});
  stage.models["main"].say("ok");
  CHECK(stage.ask("go").exit_code == 0);
  const auto results = results_in(stage.models["main"].asked().back());
  REQUIRE(results.size() == 3);
  CHECK(results[0] == "error: there is no tool \"TodoWrit\" here; did you mean \"TodoWrite\"? known tools: TodoWrite");
  CHECK(results[1].starts_with("error: the input of TodoWrite must be one JSON object"));
  CHECK(results[2].starts_with("error: "));
}

TEST_CASE("run: a denied call with nothing after it that succeeds is exit 6, whatever the model wrote",
          "[agent][run]") {
  Stage stage;
  stage.definition.permission_mode = chat::PermissionMode::ask;
  stage.tools.add(echo("Bash", Effect::execute));
  stage.models["main"].call({tool_call("a", "Bash", "make")});
  stage.models["main"].say("I could not.");
  const auto result = stage.ask("go");
  CHECK(result.exit_code == 6);
  CHECK(result.done.result == "I could not.");
  CHECK(result.done.stop_reason == "denied");
  REQUIRE(result.done.denials.size() == 1);
  CHECK(result.done.denials[0].tool == "Bash");
  CHECK(stage.events.types() == Types{"ready", "user", "assistant", "tool_use", "approval_request", "approval",
                                      "tool_result", "assistant", "error", "done"});
}

TEST_CASE("run: a denied call and then one that succeeds is an answer, with the denial listed", "[agent][run]") {
  Stage stage;
  stage.definition.permission_mode = chat::PermissionMode::ask;
  stage.tools.add(echo("Bash", Effect::execute));
  stage.tools.add(echo("TodoWrite"));
  stage.models["main"].call({tool_call("a", "Bash", "make")});
  stage.models["main"].call({tool_call("b", "TodoWrite", "x")});
  stage.models["main"].say("ok");
  const auto result = stage.ask("go");
  CHECK(result.exit_code == 0);
  CHECK(result.done.denials.size() == 1);
}

TEST_CASE("run: the person is asked once, and 'always' is kept", "[agent][run]") {
  Stage stage;
  stage.definition.permission_mode = chat::PermissionMode::ask;
  stage.person.there = true;
  stage.person.answers.push_back(chat::ApprovalAnswer{chat::Verdict::allow_always, ""});
  stage.tools.add(echo("Bash", Effect::execute));
  stage.models["main"].call({tool_call("a", "Bash", "make test")});
  stage.models["main"].call({tool_call("b", "Bash", "make test")});
  stage.models["main"].say("ok");
  CHECK(stage.ask("go").exit_code == 0);
  REQUIRE(stage.person.questions.size() == 1);
  CHECK(stage.person.questions[0].suggested_rule == "Bash(make test)");
  REQUIRE(stage.saved_rules.size() == 1);
  CHECK(stage.saved_rules[0].spec == "make test");
}

TEST_CASE("run: a question that loses its terminal is a denial", "[agent][run]") {
  Stage stage;
  stage.definition.permission_mode = chat::PermissionMode::ask;
  stage.person.there = true;
  stage.tools.add(echo("Bash", Effect::execute));
  stage.models["main"].call({tool_call("a", "Bash", "make")});
  stage.models["main"].say("no");
  CHECK(stage.ask("go").exit_code == 6);
}

TEST_CASE("run: the calls of the last permitted turn are not run, and their results say so", "[agent][run]") {
  Stage stage;
  stage.definition.limits.max_turns = 1;
  std::atomic<int> ran = 0;
  stage.tools.add(
      std::make_unique<FakeTool>("TodoWrite", Effect::none, false,
                                 [&](const std::string&, const tool::Context&, const Call&) -> Result<tool::Output> {
                                   ++ran;
                                   return tool::text_output("x");
                                 }));
  stage.models["main"].call({tool_call("a", "TodoWrite", "x")}, "thinking aloud");
  const auto result = stage.ask("go");
  CHECK(ran == 0);
  CHECK(result.exit_code == 7);
  CHECK(result.done.result == "thinking aloud");
  CHECK(stage.events.types() == Types{"ready", "user", "assistant", "tool_use", "tool_result", "error", "done"});
  stage.models["main"].say("next time");
  CHECK(stage.ask("again").exit_code == 0);
  CHECK(results_in(stage.models["main"].asked().back()) ==
        Types{"error: not run: the agent reached its limit of 1 turn"});
}

TEST_CASE("run: how a reply ends decides whether it is an answer", "[agent][run]") {
  struct Case {
    std::string text;
    chat::StopReason stop;
    int exit_code;
    std::string stop_reason;
  };
  const auto c = GENERATE(values<Case>({{"", chat::StopReason::end_turn, 1, "failure"},
                                        {" \n", chat::StopReason::end_turn, 1, "failure"},
                                        {"half", chat::StopReason::max_tokens, 7, "max_tokens"},
                                        {"", chat::StopReason::context_window, 7, "limit"},
                                        {"no", chat::StopReason::refusal, 1, "refusal"},
                                        {"so far", chat::StopReason::stop_sequence, 0, "stop_sequence"}}));
  CAPTURE(c.text, c.exit_code);
  Stage stage;
  stage.models["main"].say(c.text, c.stop);
  const auto result = stage.ask("go");
  CHECK(result.exit_code == c.exit_code);
  CHECK(result.done.stop_reason == c.stop_reason);
  CHECK(result.done.error.has_value() == (c.exit_code != 0));
}

TEST_CASE("run: cancel during a tool gives every open call a result and the session goes on", "[agent][run]") {
  Stage stage;
  std::stop_source stop;
  stage.tools.add(std::make_unique<FakeTool>(
      "Bash", Effect::none, false,
      [&](const std::string&, const tool::Context&, const Call& call) -> Result<tool::Output> {
        stop.request_stop();
        return fail(call.check().error());
      }));
  stage.models["main"].call({tool_call("a", "Bash", "1"), tool_call("b", "Bash", "2")});
  const auto result = stage.ask("go", Call{stop.get_token(), Call::Clock::time_point::max()});
  CHECK(result.exit_code == 130);
  CHECK(result.done.stop_reason == "cancelled");
  CHECK(stage.events.types() == Types{"ready", "user", "assistant", "tool_use", "tool_use", "tool_result",
                                      "tool_result", "cancelled", "error", "done"});
  stage.models["main"].say("and on");
  CHECK(stage.ask("more").exit_code == 0);
  CHECK(results_in(stage.models["main"].asked().back()) ==
        Types{"error: cancelled: the user cancelled the run before this call ended",
              "error: cancelled: the user cancelled the run before this call ended"});
}

TEST_CASE("run: a reply cut by cancel is kept, its calls are not run", "[agent][run]") {
  Stage stage;
  stage.tools.add(echo("Bash", Effect::none));
  stage.models["main"].play(
      [](const provider::Request&, provider::StreamObserver&, const Call&) -> Result<provider::Reply> {
        provider::Reply reply;
        reply.message.content = {chat::Text{"half an ans"}, tool_call("a", "Bash", "x")};
        reply.message.stop = chat::StopReason::cancelled;
        reply.cut = Error{.kind = ErrorKind::timeout, .message = "the time limit passed"};
        return reply;
      });
  const auto result = stage.ask("go");
  CHECK(result.exit_code == 124);
  CHECK(result.done.result == "half an ans");
  stage.models["main"].say("ok");
  CHECK(stage.ask("more").exit_code == 0);
  const auto history = stage.models["main"].asked().back();
  REQUIRE(history.size() == 3);
  CHECK(std::get<chat::AssistantMessage>(history[1]).text() == "half an ans");
  CHECK(std::get<chat::AssistantMessage>(history[1]).tool_calls().empty());
}

TEST_CASE("run: an error of the model ends the run as its kind", "[agent][run]") {
  Stage stage;
  stage.models["main"].play(
      [](const provider::Request&, provider::StreamObserver&, const Call&) -> Result<provider::Reply> {
        return fail(ErrorKind::unavailable, "the server is down");
      });
  const auto result = stage.ask("go");
  CHECK(result.exit_code == 5);
  CHECK(stage.events.types() == Types{"ready", "user", "error", "done"});
  CHECK(result.done.error->message == "the server is down");
}

TEST_CASE("run: a tool's failure is the model's to read, a store's ends the run", "[agent][run]") {
  Stage stage;
  stage.tools.add(failing("TodoWrite", {.kind = ErrorKind::failure, .message = "no file \"x\""}));
  stage.tools.add(failing("Bash", {.kind = ErrorKind::storage, .message = "the disk is full"}));
  stage.models["main"].call({tool_call("a", "TodoWrite", "x")});
  stage.models["main"].call({tool_call("b", "Bash", "x")});
  const auto result = stage.ask("go");
  CHECK(result.exit_code == 9);
  CHECK(results_in(stage.models["main"].asked().back()) == Types{"error: no file \"x\""});
}

TEST_CASE("run: tokens and money are limits of the whole run", "[agent][run]") {
  Stage stage;
  stage.definition.limits.max_tokens = 15;
  stage.tools.add(echo("TodoWrite"));
  stage.models["main"].call({tool_call("a", "TodoWrite", "x")});
  const auto result = stage.ask("go");
  CHECK(result.exit_code == 7);
  CHECK(result.done.error->message == "the run used 15 tokens of the 15 it may");
}

TEST_CASE("run: the prefix of every request stays the same from turn to turn", "[agent][run]") {
  Stage stage;
  stage.tools.add(echo("TodoWrite"));
  for (int i = 0; i < 3; ++i) stage.models["main"].call({tool_call("a" + std::to_string(i), "TodoWrite", "x")});
  stage.models["main"].say("ok");
  CHECK(stage.ask("go").exit_code == 0);
  const auto asked = stage.models["main"].asked();
  for (std::size_t i = 1; i < asked.size(); ++i) {
    REQUIRE(asked[i].size() > asked[i - 1].size());
    CHECK(std::equal(asked[i - 1].begin(), asked[i - 1].end(), asked[i].begin()));
  }
}
