#include "agent/history.hpp"

#include <catch2/catch.hpp>

using namespace errand;
using namespace errand::chat;

namespace {

store::StoredMessage stored(std::variant<UserMessage, AssistantMessage, ToolResult> body) {
  return {"id", Timestamp{}, std::move(body)};
}

AssistantMessage reply(std::vector<AssistantBlock> content, StopReason stop = StopReason::tool_use) {
  AssistantMessage message;
  message.content = std::move(content);
  message.stop = stop;
  return message;
}

ToolResult result(const std::string& id) {
  return {id, {Text{"out of " + id}}, false};
}

std::vector<Message> messages(const std::vector<store::StoredMessage>& stored) {
  return agent::continuable(stored).messages;
}

const UserMessage hello{{Text{"hello"}}};

}  // namespace

TEST_CASE("history: results follow their reply in its order, whatever order they were stored in", "[agent][history]") {
  const auto calls = reply({ToolCall{"a", "Read", "{}", ""}, ToolCall{"b", "Bash", "{}", ""}});
  const auto out = messages({stored(hello), stored(calls), stored(result("b")), stored(result("a"))});
  CHECK(out == std::vector<Message>{hello, calls, ToolMessage{{result("a"), result("b")}}});
}

TEST_CASE("history: a call that never got a result says it was interrupted", "[agent][history]") {
  const auto calls = reply({ToolCall{"a", "Read", "{}", ""}, ToolCall{"b", "Bash", "{}", ""}});
  const auto interrupted = agent::interrupted_result(ToolCall{"b", "Bash", "{}", ""});
  CHECK(interrupted.is_error);
  const std::vector<Message> expected = {hello, calls, ToolMessage{{result("a"), interrupted}}, hello};
  CHECK(messages({stored(hello), stored(calls), stored(result("a")), stored(hello)}) == expected);
}

TEST_CASE("history: a result nobody asked for is left out", "[agent][history]") {
  const auto plain = reply({Text{"hi"}}, StopReason::end_turn);
  CHECK(messages({stored(hello), stored(plain), stored(result("x"))}) == std::vector<Message>{hello, plain});
}

TEST_CASE("history: a cut reply keeps its text and loses what would be refused", "[agent][history]") {
  const auto cut = reply({Thinking{"hm", "", false}, Text{"half"}}, StopReason::cancelled);
  CHECK(messages({stored(hello), stored(cut)}) ==
        std::vector<Message>{hello, reply({Text{"half"}}, StopReason::cancelled)});
  const auto nothing = reply({Thinking{"hm", "", false}}, StopReason::cancelled);
  CHECK(messages({stored(hello), stored(nothing)}) == std::vector<Message>{hello});
}

TEST_CASE("history: two calls with one id each keep a result", "[agent][history]") {
  const auto calls = reply({ToolCall{"a", "Read", "{}", ""}, ToolCall{"a", "Read", "{}", ""}});
  const ToolResult first{"a", {Text{"1"}}, false};
  const ToolResult second{"a", {Text{"2"}}, false};
  CHECK(messages({stored(calls), stored(first), stored(second)}) ==
        std::vector<Message>{calls, ToolMessage{{first, second}}});
}
