#include "provider/scripted.hpp"

#include <set>
#include <thread>

#include <catch2/catch.hpp>

#include "unit/provider/support.hpp"

namespace errand::provider::test {

namespace {

using namespace std::chrono_literals;
using chat::Script;
using chat::StopReason;

std::unique_ptr<Provider> scripted(std::vector<Script::Turn> turns) {
  auto made = make_scripted({"demo.yaml", std::move(turns)}, {"scripted", "demo.yaml", "", 0, 0, std::nullopt, {}});
  REQUIRE(made);
  return std::move(*made);
}

Script::Turn turn(std::vector<Script::Part> reply, std::string when_user = "", std::string when_tool_result = "") {
  return {std::move(when_user), std::move(when_tool_result), std::move(reply), std::nullopt, std::nullopt};
}

std::string say(Provider& provider, const Asked& asked) {
  Recorder recorder;
  const auto reply = provider.stream(asked.request(), recorder, {});
  return reply ? reply->message.text() : "error: " + reply.error().message;
}

Asked with_result(std::string prompt, std::string result) {
  auto out = asked(std::move(prompt));
  out.history.emplace_back(chat::AssistantMessage{{chat::ToolCall{"1", "Bash", "{}", ""}}, "m"});
  out.history.emplace_back(chat::ToolMessage{{chat::ToolResult{"1", {chat::Text{std::move(result)}}, false}}});
  return out;
}

}  // namespace

TEST_CASE("scripted: turns are tried in order, each used once, and none is made up", "[provider][scripted]") {
  const auto provider = scripted({turn({Script::Say{"about tests"}}, "(?i)TESTS"), turn({Script::Say{"first"}}),
                                  turn({Script::Say{"second"}}, "", "^ok$")});
  CHECK(say(*provider, asked("hello")) == "first");
  CHECK(say(*provider, asked("run the tests")) == "about tests");
  CHECK(say(*provider, asked("run the tests\nagain")) ==
        "error: no turn left in demo.yaml for the prompt \"run the tests\"");
  CHECK(say(*provider, with_result("x", "ok")) == "second");
}

TEST_CASE("scripted: text comes by the word, with what the tools said", "[provider][scripted]") {
  const auto provider =
      scripted({turn({Script::Think{"hm, well"},
                      Script::Say{"Got  {{last_tool_result | first_line}}\nfor {{user}} {{other}} {{ user }"}})});
  Recorder recorder;
  const auto request = with_result("me", "a {{user}}\nb");
  const auto reply = provider->stream(request.request(), recorder, {});
  REQUIRE(reply);
  CHECK(reply->message.text() == "Got  a {{user}}\nfor me {{other}} {{ user }");
  CHECK(recorder.text == reply->message.text());
  CHECK(recorder.text_deltas == 9);
  CHECK(reply->message.model == "scripted/demo.yaml");
  CHECK(reply->message.provider == "scripted");
  CHECK(reply->message.stop == StopReason::end_turn);
  CHECK(reply->cost_usd == std::nullopt);
}

TEST_CASE("scripted: tool calls have ids of their own and what is filled in stays JSON", "[provider][scripted]") {
  const auto provider = scripted({turn({Script::Say{"Both."}, Script::Use{"Bash", R"({"command":"echo {{user}}"})"},
                                        Script::Use{"Read", R"({"path":"a"})"}})});
  Recorder recorder;
  const auto reply = provider->stream(asked("\"x\"\n").request(), recorder, {});
  REQUIRE(reply);
  const auto calls = reply->message.tool_calls();
  REQUIRE(calls.size() == 2);
  CHECK(calls[0].arguments == R"({"command":"echo \"x\"\n"})");
  CHECK(calls[0].id != calls[1].id);
  CHECK(reply->message.stop == StopReason::tool_use);
}

TEST_CASE("scripted: usage, stop reason and failures are the script's", "[provider][scripted]") {
  auto measured = turn({Script::Say{"cut"}});
  measured.usage = chat::Usage{10, 2, 3, 0, 0};
  measured.stop_reason = StopReason::max_tokens;
  const Error overloaded{ErrorKind::unavailable, "overloaded", "", std::nullopt, {}, true};
  const auto provider = scripted({std::move(measured), turn({Script::Fail{overloaded}}),
                                  turn({Script::Say{"half "}, Script::Fail{overloaded}, Script::Say{"never"}})});
  Recorder recorder;
  const auto first = provider->stream(asked("x").request(), recorder, {});
  REQUIRE(first);
  CHECK(first->message.usage == chat::Usage{10, 2, 3, 0, 0});
  CHECK(first->context_tokens == 15);
  CHECK(first->message.stop == StopReason::max_tokens);

  const auto second = provider->stream(asked("x").request(), recorder, {});
  REQUIRE_FALSE(second);
  CHECK(second.error() == overloaded);

  const auto third = provider->stream(asked("x").request(), recorder, {});
  REQUIRE(third);
  CHECK(third->cut == overloaded);
  CHECK(third->message.text() == "half ");
  CHECK(third->message.stop == StopReason::cancelled);
}

TEST_CASE("scripted: a wait ends when the call must", "[provider][scripted]") {
  const auto provider =
      scripted({turn({Script::Say{"so far"}, Script::Wait{1h}, Script::Say{"never"}}), turn({Script::Wait{1h}})});
  Recorder recorder;
  const auto cut = provider->stream(asked("x").request(), recorder, Call{}.within(20ms));
  REQUIRE(cut);
  REQUIRE(cut->cut);
  CHECK(cut->cut->kind == ErrorKind::timeout);
  CHECK(cut->message.text() == "so far");

  std::stop_source stop;
  std::jthread other([&] { stop.request_stop(); });
  const auto cancelled = provider->stream(asked("x").request(), recorder, {stop.get_token()});
  REQUIRE_FALSE(cancelled);
  CHECK(cancelled.error().kind == ErrorKind::cancelled);
}

TEST_CASE("scripted: threads that ask at once get a turn each", "[provider][scripted]") {
  std::vector<Script::Turn> turns;
  for (int i = 0; i < 32; ++i) turns.push_back(turn({Script::Say{std::to_string(i)}}));
  const auto provider = scripted(std::move(turns));
  std::mutex mutex;
  std::multiset<std::string> said;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 8; ++i) {
          auto text = say(*provider, asked("x"));
          const std::lock_guard lock(mutex);
          said.insert(std::move(text));
        }
      });
    }
  }
  CHECK(said.size() == 32);
  CHECK(std::set<std::string>(said.begin(), said.end()).size() == 32);
}

TEST_CASE("scripted: a pattern that is none is said before anything is asked", "[provider][scripted]") {
  const auto made = make_scripted({"demo.yaml", {turn({}, "(")}}, {});
  REQUIRE_FALSE(made);
  CHECK(made.error().kind == ErrorKind::config);
  CHECK(made.error().message.find("the pattern \"(\" in demo.yaml is not valid") == 0);
}

}  // namespace errand::provider::test
