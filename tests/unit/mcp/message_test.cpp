#include "mcp/message.hpp"

#include <catch2/catch.hpp>

using namespace errand;
using mcp::Message;

TEST_CASE("message: what arrives is a request, a notification, a result or an error", "[mcp]") {
  const auto request = mcp::read_message(R"({"jsonrpc":"2.0","id":"a","method":"roots/list"})");
  REQUIRE(request);
  CHECK(request->kind == Message::Kind::request);
  CHECK(request->id == "a");

  const auto told = mcp::read_message(R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{}})");
  REQUIRE(told);
  CHECK(told->kind == Message::Kind::notification);
  CHECK(told->method == "notifications/tools/list_changed");

  const auto result = mcp::read_message(R"({"jsonrpc":"2.0","id":3,"result":{"tools":[]}})");
  REQUIRE(result);
  CHECK(result->kind == Message::Kind::result);
  CHECK(result->body == Json{{"tools", Json::array()}});

  const auto error =
      mcp::read_message(R"({"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"no \u001b[31mway\nat all"}})");
  REQUIRE(error);
  CHECK(error->kind == Message::Kind::error);
  CHECK(mcp::told_error(error->body).find('\x1b') == std::string::npos);
  CHECK(mcp::told_error(error->body).find("(error -32602)") != std::string::npos);
}

TEST_CASE("message: what is none is told, whatever it is", "[mcp]") {
  for (const auto* text :
       {"", "hello", "[]", "[{\"jsonrpc\":\"2.0\"}]", "{}", "null", R"({"id":1})", R"({"result":)"}) {
    CAPTURE(text);
    CHECK_FALSE(mcp::read_message(text));
  }
}

TEST_CASE("message: ping is answered, anything else is an unknown method", "[mcp]") {
  CHECK(mcp::answer_to({Message::Kind::request, 7, "ping", {}}) == R"({"jsonrpc":"2.0","id":7,"result":{}})");
  const auto other = Json::parse(mcp::answer_to({Message::Kind::request, "x", "sampling/createMessage", {}}));
  CHECK(other["id"] == "x");
  CHECK(other["error"]["code"] == -32601);
}

TEST_CASE("message: a request is one line, also where its text has several", "[mcp]") {
  const auto text = mcp::request_text(5, "tools/call", {{"name", "a"}, {"arguments", {{"text", "one\ntwo"}}}});
  CHECK(text.find('\n') == std::string::npos);
  CHECK(Json::parse(text)["params"]["arguments"]["text"] == "one\ntwo");
  CHECK(mcp::notification_text("notifications/initialized", {}) ==
        R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
}
