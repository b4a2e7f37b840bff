#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/json.hpp"
#include "provider/gemini_arguments.hpp"
#include "unit/provider/support.hpp"

// How Gemini's replies are read, beside the streams in golden_test and recordings_test.

namespace errand::provider::test {

using chat::StopReason;

TEST_CASE("gemini: how a reply ended", "[provider][gemini]") {
  struct Case {
    const char* finish;
    std::optional<StopReason> stop;  ///< absent: it is an error
    bool retryable = false;
  };
  const Case cases[] = {
      {"STOP", StopReason::end_turn},
      {"MAX_TOKENS", StopReason::max_tokens},
      {"SAFETY", StopReason::refusal},
      {"RECITATION", StopReason::refusal},
      {"LANGUAGE", StopReason::refusal},
      {"BLOCKLIST", StopReason::refusal},
      {"PROHIBITED_CONTENT", StopReason::refusal},
      {"SPII", StopReason::refusal},
      {"IMAGE_SAFETY", StopReason::refusal},
      {"MODEL_ARMOR", StopReason::refusal},
      {"OTHER", StopReason::end_turn},
      {"SOMETHING_NEW", StopReason::end_turn},
      {"MALFORMED_FUNCTION_CALL", std::nullopt, true},
      {"MALFORMED_RESPONSE", std::nullopt, true},
      {"UNEXPECTED_TOOL_CALL", std::nullopt, true},
      {"TOO_MANY_TOOL_CALLS", std::nullopt, false},
      {"MISSING_THOUGHT_SIGNATURE", std::nullopt, false},
      {"FINISH_REASON_UNSPECIFIED", std::nullopt, true},  // says nothing: the stream was cut off
  };
  const auto codec = make_gemini_codec();
  for (const auto& c : cases) {
    CAPTURE(c.finish);
    const Json chunk = {{"candidates", {{{"content", {{"parts", {{{"text", "A"}}}}}}, {"finishReason", c.finish}}}}};
    for (const auto& body : {"data: " + chunk.dump() + "\r\n\r\n", chunk.dump(), "[" + chunk.dump() + "\n]"}) {
      const auto decoded = decode(*codec, body);
      CHECK(decoded.message.text() == "A");
      CHECK(decoded.message.stop == c.stop.value_or(StopReason::cancelled));
      CHECK(decoded.error.has_value() == !c.stop);
      if (decoded.error) CHECK(decoded.error->retryable == c.retryable);
    }
  }
}

TEST_CASE("gemini: bodies that are no reply", "[provider][gemini]") {
  const auto codec = make_gemini_codec();
  const auto error_of = [&](std::string_view body) { return decode(*codec, body).error.value_or(Error{}); };
  const auto busy = error_of(R"([{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}])");
  CHECK(busy.message == "the model API failed (HTTP 503): busy");
  CHECK(busy.retryable);
  CHECK(error_of(R"({"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}})").kind ==
        ErrorKind::auth);
  CHECK(error_of("[]").retryable);
  CHECK(error_of(R"([{"candidates":[{"content":{"parts":[{"text":"A"}]},"finishReason":"STOP")").retryable);
  CHECK(error_of(R"({"detail":"Not Found"})").message.find("Not Found") != std::string::npos);
  CHECK(error_of("data: 7\n\n").retryable);
}

TEST_CASE("gemini: a streamed piece finds its place, or is refused", "[provider][gemini]") {
  struct Case {
    std::vector<const char*> pieces;
    const char* value;  ///< nullptr: the last piece is refused
  };
  const Case cases[] = {
      {{R"({"jsonPath":"$.a","stringValue":"x"})", R"({"jsonPath":"$.a","stringValue":"y"})"}, R"({"a":"xy"})"},
      {{R"({"jsonPath":"$['a.b'][\"c\"]","numberValue":1.5})"}, R"({"a.b":{"c":1.5}})"},
      {{R"({"jsonPath":"$.l[0]","boolValue":true})", R"({"jsonPath":"$.l[1][0]"})"}, R"({"l":[true,[null]]})"},
      {{R"({"jsonPath":"$.l[1]","boolValue":true})"}, nullptr},
      {{R"({"jsonPath":"$.l[99999999999999999999]","boolValue":true})"}, nullptr},
      {{R"({"jsonPath":"$.a.b","numberValue":1})", R"({"jsonPath":"$.a","stringValue":"x"})"}, nullptr},
      {{R"({"jsonPath":"$.a","stringValue":"x"})", R"({"jsonPath":"$.a.b","numberValue":1})"}, nullptr},
      {{R"({"jsonPath":"$","stringValue":"x"})"}, nullptr},
      {{R"({"jsonPath":"","stringValue":"x"})"}, nullptr},
      {{R"({"stringValue":"x"})"}, nullptr},
      {{R"({"jsonPath":"$..a","stringValue":"x"})"}, nullptr},
      {{R"({"jsonPath":"$.a[","stringValue":"x"})"}, nullptr},
      {{R"({"jsonPath":"$.a[0","stringValue":"x"})"}, nullptr},
      {{R"({"jsonPath":"$['a","stringValue":"x"})"}, nullptr},
      {{R"({"jsonPath":"$['a'","stringValue":"x"})"}, nullptr},
      {{R"({"jsonPath":"$.a[*]","stringValue":"x"})"}, nullptr},
  };
  for (const auto& c : cases) {
    CAPTURE(c.pieces.back());
    GeminiArguments arguments;
    bool fits = true;
    for (const char* piece : c.pieces) fits = arguments.add(Json::parse(piece));
    CHECK(fits == (c.value != nullptr));
    if (c.value != nullptr) CHECK(arguments.value() == Json::parse(c.value));
  }
  std::string deep = "$";
  for (int i = 0; i < 100'000; ++i) deep += "[0]";
  GeminiArguments arguments;
  CHECK_FALSE(arguments.add(Json{{"jsonPath", deep}, {"numberValue", 1}}));
}

TEST_CASE("gemini: a streamed call ends with the first piece that announces no more", "[provider][gemini]") {
  const auto read = [](const std::vector<const char*>& calls) {
    std::string body;
    for (const char* call : calls) {
      body +=
          fmt::format(R"(data: {{"candidates":[{{"content":{{"parts":[{{"functionCall":{}}}]}}}}]}})", call) + "\n\n";
    }
    return decode(*make_gemini_codec(), body + "data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\n\n");
  };
  const char* begin = R"({"name":"Write","id":"w","willContinue":true})";
  const char* more = R"({"partialArgs":[{"jsonPath":"$.a","numberValue":1}],"willContinue":true})";
  const char* last = R"({"partialArgs":[{"jsonPath":"$.b","numberValue":2}]})";
  const std::vector<chat::ToolCall> both = {{"w", "Write", R"({"a":1,"b":2})", ""}};
  CHECK(read({begin, more, last}).message.tool_calls() == both);
  CHECK(read({begin, more, last, "{}"}).message.tool_calls() == both);
  for (const auto& broken : {read({begin, more}), read({begin, more, begin, last}), read({begin, last, last})}) {
    CHECK(broken.error.value().retryable);
  }
}

}  // namespace errand::provider::test
