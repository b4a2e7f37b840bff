#include "agent/steering.hpp"

#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "unit/agent/stage.hpp"

using namespace errand;
using namespace errand::test;
using chat::Effect;
using Types = std::vector<std::string>;

namespace {

chat::UserMessage message(const std::string& text) {
  return {{chat::Text{text}}};
}

// What each message of a request is, in short.
Types told(const std::vector<chat::Message>& history) {
  Types out;
  for (const auto& one : history) {
    if (const auto* user = std::get_if<chat::UserMessage>(&one)) out.push_back("user: " + chat::text_of(user->content));
    if (std::holds_alternative<chat::AssistantMessage>(one)) out.emplace_back("assistant");
    if (std::holds_alternative<chat::ToolMessage>(one)) out.emplace_back("results");
  }
  return out;
}

}  // namespace

TEST_CASE("steering: what is said while tools run stands behind their results in the next request, and is kept",
          "[agent][steering]") {
  Stage stage;
  int taken = 0;
  agent::Steering steering([&] { ++taken; });
  stage.chat().use_steering(&steering);
  stage.tools.add(
      std::make_unique<FakeTool>("TodoWrite", Effect::none, false,
                                 [&](const std::string&, const tool::Context&, const Call&) -> Result<tool::Output> {
                                   CHECK(steering.add(message("use tabs")));
                                   CHECK(steering.add(message("and hurry")));
                                   CHECK(taken == 0);
                                   return tool::text_output("did it");
                                 }));
  stage.models["main"].call({tool_call("a", "TodoWrite", "one")});
  stage.models["main"].say("Done.");
  stage.models["main"].say("Again.");
  CHECK(stage.ask("go").exit_code == 0);
  CHECK(taken == 2);
  CHECK(told(stage.models["main"].asked().back()) ==
        Types{"user: go", "assistant", "results", "user: use tabs", "user: and hurry"});
  CHECK(stage.events.types() ==
        Types{"ready", "user", "assistant", "tool_use", "tool_result", "user", "user", "assistant", "done"});
  // The session that is read from the store has the same conversation.
  stage.chat().let_go();
  CHECK(stage.ask("more").exit_code == 0);
  CHECK(told(stage.models["main"].asked().back()) ==
        Types{"user: go", "assistant", "results", "user: use tabs", "user: and hurry", "assistant", "user: more"});
}

TEST_CASE("steering: what comes with the last reply is not taken, and nothing is before and after a run",
          "[agent][steering]") {
  Stage stage;
  int taken = 0;
  agent::Steering steering([&] { ++taken; });
  stage.chat().use_steering(&steering);
  CHECK_FALSE(steering.add(message("too early")));
  stage.models["main"].play(
      [&](const provider::Request& request, provider::StreamObserver&, const Call&) -> Result<provider::Reply> {
        CHECK(told(request.history) == Types{"user: go"});
        CHECK(steering.add(message("too late")));
        provider::Reply reply;
        reply.message.content = {chat::Text{"Done."}};
        return reply;
      });
  stage.models["main"].say("Again.");
  CHECK(stage.ask("go").exit_code == 0);
  CHECK_FALSE(steering.add(message("far too late")));
  CHECK(stage.ask("more").exit_code == 0);
  CHECK(taken == 0);
  CHECK(told(stage.models["main"].asked().back()) == Types{"user: go", "assistant", "user: more"});
}

TEST_CASE("steering: a secret in it is neither sent nor kept", "[agent][steering]") {
  Stage stage;
  stage.secrets.learn({{"hk7Qx9mZ2vB4nL8sT6", "KEY"}});
  agent::Steering steering({});
  stage.chat().use_steering(&steering);
  stage.tools.add(
      std::make_unique<FakeTool>("TodoWrite", Effect::none, false,
                                 [&](const std::string&, const tool::Context&, const Call&) -> Result<tool::Output> {
                                   CHECK(steering.add(message("it is hk7Qx9mZ2vB4nL8sT6")));
                                   return tool::text_output("did it");
                                 }));
  stage.models["main"].call({tool_call("a", "TodoWrite", "one")});
  stage.models["main"].say("Done.");
  CHECK(stage.ask("go").exit_code == 0);
  CHECK(told(stage.models["main"].asked().back()).back() == "user: it is [removed: KEY]");
  CHECK(stage.events.types() ==
        Types{"ready", "user", "assistant", "tool_use", "tool_result", "user", "warning", "assistant", "done"});
}
