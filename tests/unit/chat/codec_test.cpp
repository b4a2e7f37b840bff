#include "chat/codec.hpp"

#include <catch2/catch.hpp>

#include "base/json.hpp"

using namespace errand;
using namespace errand::chat;

TEST_CASE("codec: a message comes back from JSON as it was", "[chat][codec]") {
  AssistantMessage reply;
  reply.content = {Thinking{"hm", "sig", false},
                   Thinking{"", "opaque", true},
                   Text{"hello"},
                   ToolCall{"t1", "Bash", R"({"command": "ls",  "n": 1.0})", "s"},
                   ToolCall{"t2", "Read", "{\"a", ""},
                   Native{"anthropic", R"({"type":"server_tool_use"})"}};
  reply.model = "m";
  reply.provider = "zai";
  reply.stop = StopReason::tool_use;
  reply.usage = {1, 2, 3, 4, 5};
  CHECK(assistant_from_json(Json::parse(dump(to_json(reply)))).value() == reply);

  const UserMessage user{
      {Text{"x"}, Image{"image/png", std::string("\0\xFF\x01", 3)}, Document{"application/pdf", "a.pdf", "%PDF"}}};
  CHECK(user_from_json(Json::parse(dump(to_json(user)))).value() == user);

  const ToolResult result{"t1", {Text{"out"}}, true};
  CHECK(tool_result_from_json(Json::parse(dump(to_json(result)))).value() == result);
}

TEST_CASE("codec: arguments are an object or nothing", "[chat][codec]") {
  CHECK(parse_arguments("")->empty());
  CHECK(parse_arguments("{\"a\":1}")->at("a") == 1);
  CHECK_FALSE(parse_arguments("{\"a\":"));
  CHECK_FALSE(parse_arguments("[1]"));
}

TEST_CASE("codec: JSON that nests too deep to be written back is refused, brackets in strings don't count",
          "[chat][codec]") {
  const auto nested = [](std::size_t n) { return "{\"a\":" + std::string(n - 1, '[') + std::string(n - 1, ']') + "}"; };
  CHECK(parse_arguments(nested(max_json_depth)));
  CHECK_FALSE(parse_arguments(nested(max_json_depth + 1)));
  CHECK_FALSE(parse_json(nested(200'000)));
  CHECK(parse_json("[\"" + std::string(1000, '[') + "\\\"" + std::string(1000, '{') + "\"]"));
}

TEST_CASE("codec: base64 goes there and back at every length", "[chat][codec]") {
  for (std::size_t n = 0; n < 20; ++n) {
    const std::string bytes = std::string("\xFF\x00\x80zyxwvutsrqponmlkj", 20).substr(0, n);
    CHECK(base64_decode(base64_encode(bytes)).value() == bytes);
  }
  CHECK_FALSE(base64_decode("a$b"));
}
