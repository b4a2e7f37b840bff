#include "agent/bill.hpp"

#include <catch2/catch.hpp>

#include "unit/agent/stage.hpp"

// Limits of tokens and money: before a request by an estimate, after it by what was reported.

using namespace errand;
using namespace errand::test;

namespace {

std::unique_ptr<tool::Tool> echo() {
  return std::make_unique<FakeTool>(
      "TodoWrite", chat::Effect::none, false,
      [](const std::string& x, const tool::Context&, const Call&) { return tool::text_output(x); });
}

}  // namespace

TEST_CASE("bill: a prompt that is larger than what may be used is not sent", "[agent][bill]") {
  Stage stage;
  stage.definition.limits.max_tokens = 1000;
  const auto result = stage.ask(std::string(100'000, 'x'));
  CHECK(result.exit_code == 7);
  CHECK(stage.models["main"].asked().empty());
  CHECK(result.done.error->message.find("the next request has at least 2857") == 0);
}

TEST_CASE("bill: a prompt that costs more than what may be spent is not sent", "[agent][bill]") {
  Stage stage;
  stage.models["main"].spec.price = chat::Price{.input = 100, .output = 100};
  stage.definition.limits.max_cost_usd = 1;
  CHECK(stage.ask(std::string(100'000, 'x')).exit_code == 7);
  CHECK(stage.models["main"].asked().empty());
}

TEST_CASE("bill: without a price there is no limit of money to reach", "[agent][bill]") {
  Stage stage;
  stage.definition.limits.max_cost_usd = 0.3;
  stage.models["main"].play(
      [](const provider::Request&, provider::StreamObserver&, const Call&) -> Result<provider::Reply> {
        provider::Reply reply;
        reply.message = {{chat::Text{"free?"}}, "m"};
        return reply;
      });
  CHECK(stage.ask("go").exit_code == 0);
}

TEST_CASE("bill: a limit that a reply reached keeps its calls from running", "[agent][bill]") {
  Stage stage;
  stage.definition.limits.max_cost_usd = 0.25;
  stage.tools.add(echo());
  stage.models["main"].call({tool_call("a", "TodoWrite", "x")}, "I look.");
  const auto result = stage.ask("go");
  CHECK(result.exit_code == 7);
  CHECK(result.done.result == "I look.");
  CHECK(result.done.error->message == "the run cost $0.2500 of the $0.2500 it may");
  CHECK(stage.models["main"].asked().size() == 1);
}

TEST_CASE("bill: an answer that went over a limit is still an answer", "[agent][bill]") {
  Stage stage;
  stage.definition.limits.max_tokens = 15;
  stage.models["main"].say("answer");
  CHECK(stage.ask("go").exit_code == 0);
}

TEST_CASE("bill: a reply gets no more room than the limit leaves", "[agent][bill]") {
  Stage stage;
  stage.definition.limits.max_tokens = 500;
  stage.models["main"].spec.max_output = 64'000;
  stage.models["main"].say("half an ans", chat::StopReason::max_tokens);
  const auto result = stage.ask("go");
  CHECK(result.exit_code == 7);
  CHECK(result.done.error->message == "the reply was cut where the run's limit of tokens or money ends");
  const auto most = stage.models["main"].generations().front().max_output;
  CHECK(most > 480);
  CHECK(most < 500);
}

TEST_CASE("bill: what requests under way may cost is kept back from the others", "[agent][bill]") {
  Stage stage;
  Recording events;
  agent::EventStream stream(events, "run");
  stage.models["main"].say("x");
  stage.ask("go");  // makes the services
  const auto& services = stage.services();
  agent::RunTree tree{.services = services, .stream = stream, .limits = {.max_tokens = 1000}};
  const chat::Limits own;
  agent::Bill one(tree, own);
  CHECK(one.reserve({600, 0}));
  {
    agent::Bill other(tree, own);
    CHECK_FALSE(other.reserve({600, 0}));
    CHECK(other.reserve({300, 0}));
    CHECK(other.check());
  }
  one.release();
  agent::Bill third(tree, own);
  CHECK(third.reserve({900, 0}));
}
