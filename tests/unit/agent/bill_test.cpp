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

// A reply that calls a tool, so that the run goes on.
FakeModel::Play calling(provider::Reply reply) {
  reply.message.content = {tool_call("a", "TodoWrite", "x")};
  reply.message.stop = chat::StopReason::tool_use;
  return [reply](const provider::Request&, provider::StreamObserver&, const Call&) -> Result<provider::Reply> {
    return reply;
  };
}

std::vector<std::string> warnings_in(const Recording& events, const std::string& code) {
  std::vector<std::string> out;
  for (const auto& event : events.events) {
    const auto* warning = std::get_if<chat::event::Warning>(&event.body);
    if (warning != nullptr && warning->code == code) out.push_back(warning->message);
  }
  return out;
}

}  // namespace

TEST_CASE("bill: a reply of unknown price takes nothing from what the others cost", "[agent][bill]") {
  Stage stage;
  stage.definition.limits.max_cost_usd = 0.5;
  stage.tools.add(echo());
  auto& model = stage.models["main"];
  model.call({tool_call("a", "TodoWrite", "x")});
  model.play(calling({}));  // unknown
  model.call({tool_call("b", "TodoWrite", "x")});
  const auto result = stage.ask("go");
  CHECK(result.exit_code == 7);
  CHECK(result.done.total_cost_usd == std::nullopt);
  CHECK(result.done.error->message == "the run cost, as far as is known, $0.5000 of the $0.5000 it may");
  CHECK(model.asked().size() == 3);
}

TEST_CASE("bill: a limit that can't see what a model costs says so, once", "[agent][bill]") {
  Stage stage;
  stage.tools.add(echo());
  auto& model = stage.models["main"];
  for (int i = 0; i < 3; ++i) model.play(calling({}));
  model.say("ok");
  SECTION("a limit of money") {
    stage.definition.limits.max_cost_usd = 0.5;
    CHECK(stage.ask("go").exit_code == 0);
    const auto said = warnings_in(stage.events, "price_unknown");
    REQUIRE(said.size() == 1);
    CHECK(said.front().find("the price of fake/main is unknown: the limit of $0.5000 does not see") == 0);
  }
  SECTION("no limit of money") {
    stage.definition.limits.max_tokens = 100'000;
    CHECK(stage.ask("go").exit_code == 0);
    CHECK(warnings_in(stage.events, "price_unknown").empty());
  }
}

TEST_CASE("bill: usage that no API reported is estimated for the limits, and shown as it was said", "[agent][bill]") {
  Stage stage;
  stage.tools.add(echo());
  provider::Reply silent;
  silent.unreported = {.input = 900, .output = 100};
  silent.presumed_usd = 0.5;
  stage.models["main"].play(calling(silent));
  SECTION("tokens") {
    stage.definition.limits.max_tokens = 1000;
    CHECK(stage.ask("go").done.error->message == "the run used 1000 tokens of the 1000 it may");
  }
  SECTION("money") {
    stage.definition.limits.max_cost_usd = 0.5;
    CHECK(stage.ask("go").done.error->message == "the run cost, as far as is known, $0.5000 of the $0.5000 it may");
  }
  CHECK(stage.events.done().usage == chat::Usage{});
  CHECK(stage.events.done().total_cost_usd == std::nullopt);
}

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
  CHECK(stage.models["main"].generations().front().uncapped_output == 0);
}

TEST_CASE("bill: what requests under way may cost is kept back from the others", "[agent][bill]") {
  Stage stage;
  Recording events;
  const secrets::Redactor secrets;
  agent::EventStream stream(events, "run", secrets);
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
