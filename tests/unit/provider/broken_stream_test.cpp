#include <catch2/catch.hpp>

#include "provider/body_reader.hpp"
#include "unit/provider/support.hpp"

// Where a stream may end, and what is a whole reply all the same.

namespace errand::provider::test {

namespace {

const std::string gemini_one = R"(data: {"candidates":[{"content":{"parts":[{"text":"One "}]},"finishReason":"STOP"}]})"
                               "\r\n\r\n";
const std::string gemini_two =
    R"(data: {"candidates":[{"content":{"parts":[{"text":"two."}]},"finishReason":"STOP"}]})";
const std::string chat_stop =
    R"(data: {"model":"m","choices":[{"index":0,"delta":{"content":"One "},"finish_reason":"stop"}]})"
    "\n\n";
const std::string chat_two = R"(data: {"choices":[{"index":0,"delta":{"content":"two."}}]})";
const std::string anthropic_start = R"(data: {"type":"message_start","message":{"model":"m","content":[]}})"
                                    "\n\n";

struct Protocol {
  std::unique_ptr<Codec> codec;
  Endpoint endpoint;
};

Protocol gemini() {
  return {make_gemini_codec(), gemini_endpoint()};
}
Protocol chat() {
  return {make_openai_chat_codec(), openai_endpoint()};
}
Protocol anthropic() {
  return {make_anthropic_codec(), anthropic_endpoint()};
}

Decoded read(const Protocol& protocol, const std::string& body, Chunking chunking) {
  return decode(*protocol.codec, protocol.endpoint, {200, {}}, chunks_of(body, chunking));
}

}  // namespace

TEST_CASE("a stream may lack its last blank line, not a byte of its last event", "[provider][broken]") {
  const auto chunking = GENERATE(Chunking::whole, Chunking::bytes);
  SECTION("gemini, which tells a finish reason with every chunk") {
    const auto body = gemini_one + gemini_two;
    for (std::size_t cut = gemini_one.size() + 1; cut < body.size(); ++cut) {
      CAPTURE(body.substr(cut));
      const auto decoded = read(gemini(), body.substr(0, cut), chunking);
      REQUIRE(decoded.error);
      CHECK(decoded.error->retryable);
      CHECK(decoded.message.text() == "One ");
    }
    const auto whole = read(gemini(), body, chunking);
    CHECK(whole.error == std::nullopt);
    CHECK(whole.message.text() == "One two.");
  }
  SECTION("chat completions, after the finish reason") {
    const auto body = chat_stop + chat_two;
    for (std::size_t cut = chat_stop.size() + 1; cut < body.size(); ++cut) {
      CAPTURE(body.substr(cut));
      CHECK(read(chat(), body.substr(0, cut), chunking).error.value().retryable);
    }
    CHECK(read(chat(), chat_stop, chunking).message.text() == "One ");
    CHECK(read(chat(), body, chunking).message.text() == "One two.");
    CHECK(read(chat(), chat_stop + "data: [DONE]", chunking).error == std::nullopt);
    CHECK(read(chat(), chat_stop + "data: [DONE]\n\ndata: {\"cut", chunking).error == std::nullopt);
  }
}

TEST_CASE("an error in mid-stream is heard without its blank line", "[provider][broken]") {
  const auto chunking = GENERATE(Chunking::whole, Chunking::bytes);
  const auto end = GENERATE(as<std::string>(), "", "\n", "\r\n");
  const auto groq = read(
      chat(), chat_stop + "event: error\ndata: {\"error\":{\"message\":\"boom\",\"status_code\":400}}" + end, chunking);
  CHECK(groq.error.value().message.find("boom") != std::string::npos);

  const std::string refused =
      "{\n \"error\": {\"code\": 400, \"message\": \"bad thing\", \"status\": \"INVALID_ARGUMENT\"}\n}";
  const auto google = read(gemini(), gemini_one + refused + end, chunking);
  CHECK(google.error.value().kind == ErrorKind::failure);
  CHECK_FALSE(google.error.value().retryable);

  const auto full = read(anthropic(),
                         anthropic_start +
                             R"(data: {"type":"error","error":{"type":"invalid_request_error",)"
                             R"("message":"prompt is too long: 2 tokens > 1 maximum"}})" +
                             end,
                         chunking);
  CHECK(full.error.value().code == error_code::context_window);
}

TEST_CASE("a call that was cut is no answer, although the stream has its end", "[provider][broken]") {
  const auto stop = GENERATE(as<std::string>(), "tool_use", "end_turn", "max_tokens");
  const auto decoded = read(
      anthropic(),
      anthropic_start +
          R"(data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"I run"}})" + "\n\n" +
          R"(data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","name":"Bash"}})" +
          "\n\n" +
          R"(data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"c"}})" +
          "\n\n" + R"(data: {"type":"message_delta","delta":{"stop_reason":")" + stop + "\"}}\n\n" +
          R"(data: {"type":"message_stop"})" + "\n\n",
      Chunking::whole);
  CHECK(decoded.message.text() == "I run");
  CHECK(decoded.message.tool_calls().empty());
  REQUIRE(decoded.error.has_value() == (stop != "max_tokens"));
  if (decoded.error) CHECK(decoded.error->retryable);
}

TEST_CASE("a transfer that breaks off is whole only after the protocol's own end", "[provider][broken]") {
  const auto whole = [](const Protocol& protocol, const std::string& body) {
    BodyReader reader(*protocol.codec, protocol.endpoint, [](const chat::stream::StreamEvent&) {});
    REQUIRE(reader.feed({200, {}}, body));
    return reader.finish_broken_off();
  };
  CHECK_FALSE(whole(gemini(), gemini_one));
  CHECK_FALSE(whole(chat(), chat_stop));
  CHECK(whole(chat(), chat_stop + "data: [DONE]\n\n"));
  CHECK(whole(anthropic(), anthropic_start + "data: {\"type\":\"message_stop\"}\n\n"));
}

}  // namespace errand::provider::test
