#include "provider/http_provider.hpp"

#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "chat/codec.hpp"
#include "chat/names.hpp"
#include "http/retry.hpp"
#include "unit/provider/support.hpp"

// The driver: tries, restarts, waits, cuts. Time is passed in; nothing here waits.

namespace errand::provider::test {

namespace {

using namespace std::chrono_literals;
using chat::StopReason;
using std::chrono::milliseconds;

const std::string start =
    R"(data: {"type":"message_start","message":{"model":"claude-x-1","content":[],"usage":{"input_tokens":10,"output_tokens":1}}})"
    "\n\n";

std::string event(const std::string& json) {
  return "data: " + json + "\n\n";
}

std::string text(const std::string& text) {
  return event(R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})") +
         event(R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":")" + text + "\"}}");
}

std::string end(const std::string& stop = "end_turn", int output = 5) {
  return event(R"({"type":"content_block_stop","index":0})") +
         event(R"({"type":"message_delta","delta":{"stop_reason":")" + stop + R"("},"usage":{"output_tokens":)" +
               std::to_string(output) + "}}") +
         event(R"({"type":"message_stop"})");
}

Answer streamed(std::vector<std::string> chunks, std::optional<Error> error = std::nullopt) {
  return {200, {{"content-type", "text/event-stream"}}, std::move(chunks), std::move(error)};
}

Answer failed(int status, const std::string& message, std::vector<http::Header> headers = {}) {
  return {status, std::move(headers), {R"({"error":{"message":")" + message + "\"}}"}, std::nullopt};
}

// Why there is no whole reply.
Error failure_of(const Result<Reply>& reply) {
  return reply ? reply->cut.value() : reply.error();
}

const Error reset{ErrorKind::unavailable, "the connection broke off", "", std::nullopt, {}, true};

// A provider on a FakeTransport whose waits are kept and pass at once.
struct Rig {
  explicit Rig(std::vector<Answer> answers, chat::RetrySettings retry = {4, 2, 90s},
               Endpoint endpoint = anthropic_endpoint())
      : transport(std::move(answers)),
        provider(
            make_anthropic_codec(), std::move(endpoint), retry, [this]() -> http::Transport& { return transport; },
            {[this](milliseconds wait, const Call& call) {
               waits.push_back(wait);
               return on_wait ? on_wait(call) : call.check();
             },
             [] { return 0.0; }},
            std::make_shared<QuotaWait>(retry.quota)) {}

  Result<Reply> ask(const Call& call = {}) { return provider.stream(asked("hi").request(), recorder, call); }

  FakeTransport transport;
  std::vector<milliseconds> waits;
  std::function<Result<void>(const Call&)> on_wait;
  Recorder recorder;
  HttpProvider provider;
};

}  // namespace

TEST_CASE("driver: a reply is whole, priced and named", "[provider][driver]") {
  auto endpoint = anthropic_endpoint();
  endpoint.model.price = chat::Price{1, 10, 0, 0};
  Rig rig({streamed({start, text("Hel"), end()})}, {4, 2, 5s}, endpoint);
  const auto reply = rig.ask();
  REQUIRE(reply);
  const chat::AssistantMessage expected{
      {chat::Text{"Hel"}}, "claude-x-1", StopReason::end_turn, {10, 5, 0, 0, 0}, "anthropic"};
  CHECK(reply->message == expected);
  CHECK(reply->cut == std::nullopt);
  CHECK(reply->cost_usd.value() == Approx(60e-6));
  CHECK(reply->context_tokens == 15);
  CHECK(rig.recorder.retries.empty());

  const auto sent = rig.transport.requests().at(0);
  CHECK(sent.url == "https://api.anthropic.com/v1/messages");
  CHECK(sent.idle_limit == 5s);
}

TEST_CASE("driver: what fails before the reply is tried again, as the server asks", "[provider][driver]") {
  Rig rig({failed(529, "Overloaded"), failed(429, "Slow", {{"retry-after", "7"}}), streamed({}, reset),
           streamed({start, text("ok"), end()})});
  const auto reply = rig.ask();
  REQUIRE(reply);
  CHECK(reply->message.text() == "ok");
  CHECK(rig.waits == std::vector<milliseconds>{500ms, 7s, 2s});
  REQUIRE(rig.recorder.retries.size() == 3);
  const auto& second = rig.recorder.retries[1];
  CHECK(second.attempt == 3);
  CHECK(second.max_attempts == 4);
  CHECK(second.delay == 7s);
  CHECK(second.status == 429);
  CHECK(second.reason == "the model API failed (HTTP 429): Slow");
  CHECK_FALSE(second.restarted);
  CHECK(rig.recorder.retries[2].status == 0);
}

TEST_CASE("driver: the last try's failure says how many there were", "[provider][driver]") {
  Rig rig({failed(529, "Overloaded"), failed(529, "Overloaded"), failed(529, "Overloaded"), failed(503, "Down")});
  const auto reply = rig.ask();
  REQUIRE_FALSE(reply);
  CHECK(reply.error().kind == ErrorKind::unavailable);
  CHECK(reply.error().message == "no reply after 4 tries; the last: the model API failed (HTTP 503): Down");
  CHECK(rig.waits.size() == 3);
}

TEST_CASE("driver: what can't get better is asked once", "[provider][driver]") {
  const auto [answer, kind] = GENERATE(table<Answer, ErrorKind>({
      {failed(401, "invalid x-api-key"), ErrorKind::auth},
      {failed(404, "model: claude-x"), ErrorKind::config},
      {failed(400, "messages.0: bad"), ErrorKind::failure},
      {failed(400, "prompt is too long: 2 tokens > 1 maximum"), ErrorKind::limit},
      {failed(413, "Request exceeds the maximum size"), ErrorKind::limit},
      {failed(429, "insufficient_quota"), ErrorKind::unavailable},
      {{200, {}, {"  <!DOCTYPE html><title>Log in</title>"}, std::nullopt}, ErrorKind::unavailable},
      {streamed({}, Error{ErrorKind::timeout, "the time limit passed", "", std::nullopt, {}, false}),
       ErrorKind::timeout},
  }));
  Rig rig({answer});
  const auto reply = rig.ask();
  REQUIRE_FALSE(reply);
  CHECK(reply.error().kind == kind);
  CHECK(rig.waits.empty());
  CHECK(describe(reply.error()).find("sk-ant-secret-1") == std::string::npos);
}

TEST_CASE("driver: a server that asks for a very long wait is not waited for", "[provider][driver]") {
  Rig rig({failed(429, "Slow", {{"retry-after", "3600"}})});
  const auto reply = rig.ask();
  REQUIRE_FALSE(reply);
  CHECK(reply.error().hint == "the model API asks to wait 1h00m; --wait-for-quota DURATION waits that long");
  CHECK(rig.waits.empty());
}

TEST_CASE("driver: a rate limit is waited for as long as the quota wait lasts", "[provider][driver]") {
  Rig rig({failed(429, "Slow", {{"retry-after", "3600"}}), failed(429, "Slow", {{"retry-after", "1800"}}),
           failed(429, "Slow", {{"retry-after", "1801"}})},
          {4, 2, 90s, 2h});
  const auto reply = rig.ask();
  REQUIRE_FALSE(reply);
  CHECK(reply.error().code == error_code::rate_limit);
  CHECK(rig.waits == std::vector<milliseconds>{1h, 30min});
}

TEST_CASE("driver: an overload or an empty account is no quota to wait for", "[provider][driver]") {
  const auto refusal = GENERATE(as<Answer>(), failed(529, "Overloaded", {{"retry-after", "3600"}}),
                                failed(429, "insufficient_quota", {{"retry-after", "3600"}}));
  Rig rig({refusal}, {4, 2, 90s, 24h});
  CHECK_FALSE(rig.ask());
  CHECK(rig.waits.empty());
}

TEST_CASE("driver: a rate limit that says no time is asked again after the usual tries", "[provider][driver]") {
  Rig rig({failed(429, "x"), failed(429, "x"), failed(429, "x"), failed(429, "x")}, {2, 2, 90s, 90s});
  CHECK_FALSE(rig.ask());
  CHECK(rig.waits == std::vector<milliseconds>{500ms, 60s, 30s});
}

TEST_CASE("driver: the wait may stand in the body of a refusal", "[provider][driver]") {
  Rig rig({{429,
            {},
            {R"([{"error":{"code":429,"message":"Quota","status":"RESOURCE_EXHAUSTED","details":[{"@type":"x"},)"
             R"({"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.4s"}]}}])"},
            std::nullopt},
           failed(400, "x")});
  CHECK_FALSE(rig.ask());
  CHECK(rig.waits == std::vector<milliseconds>{34'400ms});
}

TEST_CASE("driver: a server that asks for no wait is not hammered", "[provider][driver]") {
  Rig rig({failed(429, "x", {{"retry-after-ms", "0"}, {"retry-after", "0"}}), failed(429, "x", {{"retry-after", "-5"}}),
           failed(429, "x", {{"retry-after", "Thu, 01 Jan 1970 00:00:00 GMT"}}), failed(429, "x")});
  CHECK_FALSE(rig.ask());
  CHECK(rig.waits == std::vector<milliseconds>{500ms, 1s, 2s});
}

TEST_CASE("driver: an empty, foreign or broken answer is never success", "[provider][driver]") {
  const auto [answer, message] = GENERATE(table<Answer, std::string>({
      {streamed({}), "the model API answered with an empty body"},
      {streamed({"\n\n"}), "the model API answered with an empty body"},
      {streamed({": comment\n\n"}), "the model API's stream ended before the reply was complete"},
      {streamed({"hello\n"}), "the model API's stream ended before the reply was complete"},
      {streamed({"data: nonsense\n\n"}), "the model API sent something that is not JSON"},
      {streamed({"data: [1]\n\n"}), "the model API sent an event that is no JSON object"},
      {streamed({R"({"type":"mess)"}), "the model API sent something that is not JSON"},
      {streamed({"data: \n\ndata: [DONE]\n\n"}), "the model API's stream ended before the reply was complete"},
      {streamed({"event: error\ndata: upstream went away\n\n"}), "the model API failed: upstream went away"},
      {streamed({"event: err"}), "the model API's stream ended before the reply was complete"},
      {streamed({"event: error\ndata: {\"error\":{\"mess"}),
       "the model API's stream ended before the reply was complete"},
      {streamed({start}), "the model API's stream ended before the reply was complete"},
      {streamed({event(R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})")}),
       "the model API failed: Overloaded"},
  }));
  Rig rig({answer}, {1, 0, 90s});
  const auto reply = rig.ask();
  const auto failure = failure_of(reply);
  CHECK(failure.kind == ErrorKind::unavailable);
  CHECK(failure.retryable);
  CHECK(failure.message == message);
}

TEST_CASE("driver: what was billed before a failure is told with it", "[provider][driver]") {
  Rig rig({streamed({start}), failed(400, "no")}, {2, 0, 90s});
  const auto reply = rig.ask();
  REQUIRE(reply);
  CHECK(reply->cut->kind == ErrorKind::failure);
  CHECK(reply->message.content.empty());
  CHECK(reply->message.usage == chat::Usage{.input = 10, .output = 1});
}

TEST_CASE("driver: a reply that breaks off is asked for again, whole, and that is said", "[provider][driver]") {
  const auto broken = GENERATE(
      streamed({start, text("Hel")}, reset), streamed({start, text("Hel")}),
      streamed({start, text("Hel"), event(R"({"type":"error","error":{"type":"api_error","message":"oops"}})")}));
  Rig rig({broken, streamed({start, text("Hello"), end()})});
  const auto reply = rig.ask();
  REQUIRE(reply);
  CHECK(reply->message.text() == "Hello");
  CHECK(rig.recorder.text == "Hello");
  REQUIRE(rig.recorder.retries.size() == 1);
  CHECK(rig.recorder.retries[0].restarted);
  CHECK(rig.recorder.retries[0].attempt == 2);
  CHECK(rig.recorder.retries[0].max_attempts == 3);
  CHECK(rig.waits == std::vector<milliseconds>{500ms});
  CHECK(reply->message.usage == chat::Usage{20, 6, 0, 0, 0});  // the broken try was billed too
  CHECK(reply->context_tokens == 15);
  const auto requests = rig.transport.requests();
  CHECK(requests.at(0).body == requests.at(1).body);
}

TEST_CASE("driver: after the last restart what had arrived is returned with the failure", "[provider][driver]") {
  const auto broken = streamed(
      {start, text("Hel"),
       event(
           R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"Bash","input":{}}})"),
       event(
           R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\""}})")},
      reset);
  Rig rig({broken, broken, broken});
  const auto reply = rig.ask();
  REQUIRE(reply);
  REQUIRE(reply->cut);
  CHECK(reply->cut->kind == ErrorKind::unavailable);
  CHECK(reply->cut->message == "no reply after 3 tries; the last: the connection broke off");
  CHECK(reply->message.text() == "Hel");
  CHECK(reply->message.tool_calls().empty());
  CHECK(reply->message.stop == StopReason::cancelled);
  CHECK(rig.recorder.retries.size() == 2);
}

TEST_CASE("driver: an error in mid-stream that can't get better is not asked again", "[provider][driver]") {
  Rig rig({streamed(
      {start, text("Hel"), event(R"({"type":"error","error":{"type":"invalid_request_error","message":"no"}})")})});
  const auto reply = rig.ask();
  REQUIRE(reply);
  REQUIRE(reply->cut);
  CHECK(reply->cut->kind == ErrorKind::failure);
  CHECK(reply->message.text() == "Hel");
}

TEST_CASE("driver: cancel in mid-stream keeps what had arrived", "[provider][driver]") {
  std::stop_source stop;
  auto answer = streamed({start, text("Hel"), end()});
  answer.before_chunk = [&](std::size_t i) {
    if (i == 2) stop.request_stop();
  };
  Rig rig({answer});
  const auto reply = rig.ask({stop.get_token()});
  REQUIRE(reply);
  REQUIRE(reply->cut);
  CHECK(reply->cut->kind == ErrorKind::cancelled);
  CHECK(reply->message.text() == "Hel");
  CHECK(reply->message.stop == StopReason::cancelled);
  CHECK(reply->message.usage.input == 10);
}

TEST_CASE("driver: cancel before or between the tries is no reply", "[provider][driver]") {
  std::stop_source stop;
  Rig waiting({failed(529, "Overloaded")});
  waiting.on_wait = [&](const Call& call) {
    stop.request_stop();
    return call.check();
  };
  const auto between = waiting.ask({stop.get_token()});
  REQUIRE_FALSE(between);
  CHECK(between.error().kind == ErrorKind::cancelled);
  CHECK(between.error().context ==
        std::vector<std::string>{"while waiting to ask again: the model API failed (HTTP 529): Overloaded"});

  Rig untouched({});
  const auto before = untouched.ask({stop.get_token()});
  REQUIRE_FALSE(before);
  CHECK(before.error().kind == ErrorKind::cancelled);
  CHECK(untouched.transport.requests().empty());
}

TEST_CASE("driver: a connection that breaks after the reply's end breaks nothing", "[provider][driver]") {
  Rig rig({streamed({start, text("Hello"), end()}, reset)});
  const auto reply = rig.ask();
  REQUIRE(reply);
  CHECK(reply->cut == std::nullopt);
  CHECK(reply->message.text() == "Hello");
}

TEST_CASE("driver: a whole JSON reply to a streaming request is the reply", "[provider][driver]") {
  Rig rig({{200,
            {{"content-type", "text/event-stream"}},
            {"\n ", R"({"type":"message","model":"m","content":[{"type":"text","text":"Hi"},)",
             R"({"type":"tool_use","id":"t","name":"Bash","input":{"command":"ls"}}],"stop_reason":"tool_use",)",
             R"("usage":{"input_tokens":1,"output_tokens":2}})"},
            std::nullopt}});
  const auto reply = rig.ask();
  REQUIRE(reply);
  const chat::AssistantMessage expected{{chat::Text{"Hi"}, chat::ToolCall{"t", "Bash", R"({"command":"ls"})", ""}},
                                        "m",
                                        StopReason::tool_use,
                                        {1, 2, 0, 0, 0},
                                        "anthropic"};
  CHECK(reply->message == expected);
  CHECK(rig.recorder.text == "Hi");
}

TEST_CASE("driver: a paused turn is sent back unchanged and the parts are one reply", "[provider][driver]") {
  const auto search =
      event(
          R"({"type":"content_block_start","index":1,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}})") +
      event(
          R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"query\": \"x\"}"}})") +
      event(R"({"type":"content_block_stop","index":1})");
  Rig rig({streamed({start, text("One."), search, end("pause_turn")}), streamed({start, text("Tw")}, reset),
           streamed({start, text("Two."), end()})});
  const auto reply = rig.ask();
  REQUIRE(reply);
  CHECK(reply->message.text() == "One.Two.");
  CHECK(reply->message.stop == StopReason::end_turn);
  CHECK(rig.recorder.text == "One.Two.");  // the restart of the second part gave the first one back
  const auto again = Json::parse(rig.transport.requests().at(1).body).at("messages");
  CHECK(again.size() == 2);
  CHECK(rig.transport.requests().at(1).body.ends_with(
      R"({"role":"assistant","content":[{"type":"text","text":"One."},)"
      R"({"type":"server_tool_use","id":"s","name":"web_search","input":{"query": "x"}}]}]})"));
}

TEST_CASE("driver: a server that pauses for ever is left in the end", "[provider][driver]") {
  std::vector<Answer> answers(HttpProvider::max_continuations + 1, streamed({start, text("."), end("pause_turn")}));
  Rig rig(answers);
  const auto reply = rig.ask();
  REQUIRE(reply);
  CHECK(reply->message.stop == StopReason::cancelled);
  CHECK(reply->cut.value().kind == ErrorKind::limit);
  CHECK(reply->cut->message == "the model paused its turn 9 times and did not end it");
  CHECK(reply->message.text() == ".........");
  CHECK(rig.transport.requests().size() == HttpProvider::max_continuations + 1);
}

TEST_CASE("driver: a window that is full is a limit, whatever came before", "[provider][driver]") {
  const auto before = GENERATE(std::string(), text("Hel"));
  Rig rig({streamed({start, before,
                     event(R"({"type":"message_delta","delta":{"stop_reason":"model_context_window_exceeded"}})"),
                     event(R"({"type":"message_stop"})")})});
  const auto failure = failure_of(rig.ask());
  CHECK(failure.kind == ErrorKind::limit);
  CHECK(failure.code == error_code::context_window);
}

TEST_CASE("driver: a reply that reports no usage has no known cost", "[provider][driver]") {
  const auto [price, cost] = GENERATE(table<std::optional<chat::Price>, std::optional<double>>(
      {{std::nullopt, std::nullopt}, {chat::Price{1, 10, 0, 0}, std::nullopt}, {chat::Price{}, 0.0}}));
  auto endpoint = anthropic_endpoint();
  endpoint.model.price = price;
  Rig rig({streamed({event(R"({"type":"message_start","message":{"model":"m","content":[]}})"), text("Hi"),
                     event(R"({"type":"message_stop"})")})},
          {4, 2, 5s}, endpoint);
  const auto reply = rig.ask();
  REQUIRE(reply);
  CHECK(reply->message.text() == "Hi");
  CHECK(reply->cost_usd == cost);
  CHECK(reply->message.usage == chat::Usage{});
  CHECK(reply->unreported.input > 0);
  CHECK(reply->unreported.output == 5);  // of the text, for the limits
  if (price) CHECK(reply->presumed_usd == chat::cost_of(reply->unreported, price));
}

TEST_CASE("driver: what breaks off under max_tokens is no call", "[provider][driver]") {
  Rig rig({streamed(
      {start, text("I write."), event(R"({"type":"content_block_stop","index":0})"),
       event(
           R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"Write","input":{}}})"),
       event(
           R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"text\": \"ab"}})"),
       event(R"({"type":"message_delta","delta":{"stop_reason":"max_tokens"}})"),
       event(R"({"type":"message_stop"})")})});
  const auto reply = rig.ask();
  REQUIRE(reply);
  CHECK(reply->message.stop == StopReason::max_tokens);
  CHECK(reply->message.tool_calls().empty());
  CHECK(reply->message.text() == "I write.");
}

}  // namespace errand::provider::test
