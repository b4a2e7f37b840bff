#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "unit/provider/support.hpp"

// What gateways make of Anthropic's streams, beside those in golden_test and recordings_test.

namespace errand::provider::test {

namespace {

std::string event(const Json& json) {
  return "data: " + json.dump() + "\n\n";
}

std::string message(const char* id = "msg_1") {
  return event({{"type", "message_start"}, {"message", {{"id", id}, {"model", "m"}, {"content", Json::array()}}}});
}

std::string begin(int index, const Json& block) {
  return event({{"type", "content_block_start"}, {"index", index}, {"content_block", block}});
}

std::string more(int index, const Json& delta) {
  return event({{"type", "content_block_delta"}, {"index", index}, {"delta", delta}});
}

std::string over(int index) {
  return event({{"type", "content_block_stop"}, {"index", index}});
}

std::string text(int index, const char* said) {
  return begin(index, {{"type", "text"}, {"text", ""}}) + more(index, {{"type", "text_delta"}, {"text", said}}) +
         over(index);
}

Json tool(const char* id, const Json& input = Json::object()) {
  return {{"type", "tool_use"}, {"id", id}, {"name", "Bash"}, {"input", input}};
}

std::string input(int index, const char* piece) {
  return more(index, {{"type", "input_json_delta"}, {"partial_json", piece}});
}

std::string call(int index, const char* id) {
  return begin(index, tool(id)) + input(index, R"({"a":1})") + over(index);
}

std::string end(const char* stop = "end_turn") {
  return event({{"type", "message_delta"}, {"delta", {{"stop_reason", stop}}}}) + event({{"type", "message_stop"}});
}

chat::AssistantMessage read(const std::string& body) {
  const auto decoded = decode(*make_anthropic_codec(), body);
  CHECK(decoded.error == std::nullopt);
  return decoded.message;
}

using Blocks = std::vector<chat::AssistantBlock>;
const chat::ToolCall called{"t1", "Bash", R"({"a":1})", ""};

}  // namespace

TEST_CASE("anthropic: a tool's input is told at the start or in pieces, never both", "[provider][anthropic]") {
  const Json whole = {{"a", 1}};
  const Blocks expected = {called};
  CHECK(read(message() + begin(0, tool("t1", whole)) + over(0) + end("tool_use")).content == expected);
  CHECK(read(message() + begin(0, tool("t1", whole)) + input(0, "") + over(0) + end("tool_use")).content == expected);
  CHECK(
      read(message() + begin(0, tool("t1", whole)) + input(0, R"({"a")") + input(0, ":1}") + over(0) + end("tool_use"))
          .content == expected);
  CHECK(read(message() + begin(0, tool("t1", whole)) + end("tool_use")).content == expected);
}

TEST_CASE("anthropic: a message that starts a second time", "[provider][anthropic]") {
  SECTION("before anything was said") {
    CHECK(read(message() + message() + text(0, "Hello") + end()).content == Blocks{chat::Text{"Hello"}});
  }
  SECTION("and is told over: what was said before is taken back") {
    CHECK(read(message() + text(0, "Hel") + call(1, "t1") + message() + text(0, "Hello") + call(1, "t1") +
               end("tool_use"))
              .content == Blocks{chat::Text{"Hello"}, called});
    CHECK(read(message() + text(0, "Hello") + message() + call(0, "t1") + end("tool_use")).content == Blocks{called});
  }
  SECTION("and goes on") {
    CHECK(read(message() + text(0, "Hello") + message() + call(1, "t1") + end("tool_use")).content ==
          Blocks{chat::Text{"Hello"}, called});
  }
  SECTION("under another id: another message follows") {
    CHECK(read(message() + text(0, "Hello") + message("msg_2") + call(0, "t1") + end("tool_use")).content ==
          Blocks{chat::Text{"Hello"}, called});
  }
}

TEST_CASE("anthropic: blocks whose index was used before, or is missing", "[provider][anthropic]") {
  const Blocks expected = {chat::Text{"Hello"}, called};
  CHECK(read(message() + text(0, "Hello") + call(0, "t1") + end("tool_use")).content == expected);

  std::string without;
  for (auto body : {text(0, "Hello"), call(0, "t1")}) {
    const std::string index = R"("index":0,)";
    for (auto at = body.find(index); at != std::string::npos; at = body.find(index)) body.erase(at, index.size());
    without += body;
  }
  CHECK(read(message() + without + end("tool_use")).content == expected);

  const auto unended = begin(0, {{"type", "text"}, {"text", "Hello"}});
  CHECK(read(message() + unended + call(0, "t1") + end("tool_use")).content == expected);
}

TEST_CASE("anthropic: an error member counts where nothing else is told", "[provider][anthropic]") {
  CHECK(read(message() + event({{"type", "ping"}, {"error", nullptr}}) + event({{"type", "new"}, {"error", ""}}) +
             text(0, "Hello") + end())
            .content == Blocks{chat::Text{"Hello"}});
  const auto failed = message() + event({{"error", {{"type", "overloaded_error"}, {"message", "Overloaded"}}}});
  CHECK(decode(*make_anthropic_codec(), failed).error.value().retryable);
}

}  // namespace errand::provider::test
