#include "provider/openai_responses.hpp"

#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "chat/codec.hpp"
#include "provider/http_provider.hpp"
#include "provider/openai_responses_items.hpp"
#include "unit/provider/support.hpp"

// The Responses API: what is sent, and what of a stream must not get through.

namespace errand::provider::test {

namespace {

using chat::AssistantMessage;
using chat::Native;
using chat::StopReason;
using chat::Text;
using chat::Thinking;
using chat::ToolCall;
using chat::ToolMessage;
using chat::ToolResult;
using chat::UserMessage;

const std::string reasoning =
    R"({"id":"rs_1","type":"reasoning","encrypted_content":"gAAAA","summary":[{"type":"summary_text","text":"hm"}]})";

UserMessage user(std::string text) {
  return {{Text{std::move(text)}}};
}

std::string body(const Asked& asked, const Endpoint& endpoint = responses_endpoint()) {
  return openai_responses_body(asked.request(), endpoint);
}

// A conversation with everything in it; the first `messages` of it.
Asked conversation(std::size_t messages) {
  Asked out;
  out.system = "Be brief.";
  out.tools = {{"Bash", "Runs a command", R"({"type":"object","properties":{"command":{"type":"string"}}})"},
               {"Read", "Reads a file", R"({"type":"object"})"}};
  const AssistantMessage calls{
      {Thinking{"hm", "", false}, Native{"openai", reasoning},
       Native{"openai", R"({"type":"message","phase":"commentary"})"}, Text{"I look."},
       ToolCall{"a:1", "Bash", R"({"command": "ls",  "n": 1.0})", ""}, ToolCall{"b", "Read", "", ""}},
      "m"};
  const std::vector<chat::Message> all = {
      user("list it"),
      calls,
      ToolMessage{{{"a:1", {Text{"x\ny"}}, false}, {"b", {Text{"no such file"}}, true}}},
      AssistantMessage{{ToolCall{"a:1", "Bash", R"({"broken)", ""}}, "m"},
      ToolMessage{{{"a:1", {}, false}}},
      AssistantMessage{{Text{"Two files."}}, "m"},
      user("thanks")};
  out.history.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(messages));
  return out;
}

// The input items of a conversation whose only reply is `reply`.
std::string replayed(const AssistantMessage& reply, const Endpoint& endpoint = responses_endpoint()) {
  Asked asked;
  asked.history = {user("a"), reply, user("b")};
  auto input = Json::parse(body(asked, endpoint)).at("input");
  input.erase(input.begin());
  input.erase(input.size() - 1);
  return chat::dump(input);
}

// The request without what every request has.
std::string settings(const Asked& asked, const Endpoint& endpoint) {
  auto json = Json::parse(body(asked, endpoint));
  for (const char* same : {"model", "stream", "store", "instructions", "input"}) json.erase(same);
  return chat::dump(json);
}

std::vector<std::string> codes(const Asked& asked, const Endpoint& endpoint) {
  std::vector<std::string> out;
  for (const auto& warning : openai_responses_left_out(asked.request(), endpoint)) out.push_back(warning.code);
  return out;
}

Endpoint plain_model() {
  auto out = responses_endpoint();
  out.model.thinking = chat::ThinkingStyle::none;
  return out;
}

std::string event(const std::string& json) {
  return "data: " + json + "\n\n";
}

}  // namespace

TEST_CASE("responses request: one conversation, byte for byte", "[provider][request]") {
  CHECK(
      body(conversation(7)) ==
      R"({"model":"gpt-x","stream":true,"store":false,"include":["reasoning.encrypted_content"],"parallel_tool_calls":true,"tools":[)"
      R"({"type":"function","name":"Bash","description":"Runs a command","parameters":{"type":"object","properties":{"command":{"type":"string"}}},"strict":false},)"
      R"({"type":"function","name":"Read","description":"Reads a file","parameters":{"type":"object"},"strict":false}],)"
      R"("instructions":"Be brief.","input":[{"role":"user","content":"list it"},)" +
          reasoning +
          R"(,{"type":"message","role":"assistant","phase":"commentary","content":[{"type":"output_text","text":"I look."}]},)"
          R"({"type":"function_call","call_id":"a_1","name":"Bash","arguments":"{\"command\": \"ls\",  \"n\": 1.0}"},)"
          R"({"type":"function_call","call_id":"b","name":"Read","arguments":"{}"},)"
          R"({"type":"function_call_output","call_id":"a_1","output":"x\ny"},)"
          R"({"type":"function_call_output","call_id":"b","output":"error: no such file"},)"
          R"({"type":"function_call","call_id":"a_1_2","name":"Bash","arguments":"{\"INVALID_JSON\":\"{\\\"broken\"}"},)"
          R"({"type":"function_call_output","call_id":"a_1_2","output":""},)"
          R"({"type":"message","role":"assistant","content":[{"type":"output_text","text":"Two files."}]},)"
          R"({"role":"user","content":"thanks"}]})");
}

TEST_CASE("responses request: a turn's body is a prefix of the next one's", "[provider][request]") {
  for (std::size_t n = 1; n < 7; ++n) {
    CAPTURE(n);
    auto earlier = body(conversation(n));
    earlier.resize(earlier.size() - 2);  // "]}"
    CHECK(body(conversation(n + 1)).starts_with(earlier));
  }
}

TEST_CASE("responses request: reasoning goes back with what it led to, or not at all", "[provider][request]") {
  const std::string bare = R"({"id":"rs_2","type":"reasoning","summary":[]})";
  const std::string open =
      R"({"id":"rs_3","type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"hm"}]})";
  const std::string said = R"({"type":"message","role":"assistant","content":[{"type":"output_text","text":"So."}]})";
  const std::string search = R"({"id":"ws_1","type":"web_search_call","status":"completed","action":{"q": 1}})";
  const std::string shell = R"({"id":"lsh_1","type":"local_shell_call","call_id":"c","action":{}})";
  const std::string hosted = R"({"id":"sh_1","type":"shell_call","call_id":"d"})";
  const std::string output = R"({"id":"so_1","type":"shell_call_output","call_id":"d","output":[]})";
  const auto native = [](const std::string& json) { return Native{"openai", json}; };
  const auto reply = [](std::vector<chat::AssistantBlock> blocks) { return AssistantMessage{std::move(blocks), "m"}; };

  CHECK(replayed(reply({native(reasoning), Text{"So."}})) == "[" + reasoning + "," + said + "]");
  CHECK(replayed(reply({native(open), native(reasoning), Text{"So."}})) ==
        "[" + open + "," + reasoning + "," + said + "]");
  // Nothing follows; what followed is gone; it is only a reference; the model does not reason; another's.
  CHECK(replayed(reply({Text{"So."}, native(reasoning)})) == "[" + said + "]");
  CHECK(replayed(reply({native(reasoning), native(shell), Text{"So."}})) == "[" + said + "]");
  CHECK(replayed(reply({native(bare), Text{"So."}})) == "[" + said + "]");
  CHECK(replayed(reply({native(reasoning), native(bare), Text{"So."}})) == "[" + said + "]");
  CHECK(replayed(reply({native(reasoning), Text{"So."}}), plain_model()) == "[" + said + "]");
  CHECK(replayed(reply({Native{"azure", reasoning}, Native{"azure", search}, Text{"So."}})) == "[" + said + "]");
  CHECK(replayed(reply({native("{broken"), native("[]"), Text{"So."}})) == "[" + said + "]");
  // The server's own tools, as they came; a call it left to its client only with its output.
  CHECK(replayed(reply({native(reasoning), native(search), Text{"So."}})) ==
        "[" + reasoning + "," + chat::dump(Json::parse(search)) + "," + said + "]");
  CHECK(replayed(reply({native(hosted), native(output), native(shell), Text{"So."}})) ==
        "[" + hosted + "," + output + "," + said + "]");
  CHECK(replayed(reply({Thinking{"hm", "", false}, Text{""}})) == "[]");
}

TEST_CASE("responses request: a phase is that of the text after it", "[provider][request]") {
  const Native commentary{"openai", R"({"type":"message","phase":"commentary"})"};
  const Native answer{"openai", R"({"type":"message","phase":"final_answer"})"};
  const AssistantMessage reply{
      {commentary, Text{"a"}, Text{"b"}, answer, Text{"c"}, ToolCall{"1", "Bash", "{}", ""}, Text{"d"}}, "m"};
  const auto phases = [&] {
    std::string out;
    for (const auto& item : Json::parse(replayed(reply))) out += item.value("phase", "-") + " ";
    return out;
  }();
  CHECK(phases == "commentary commentary final_answer - - ");
}

TEST_CASE("responses request: media are parts, in results as well", "[provider][request]") {
  Asked asked;
  asked.history = {
      UserMessage{{Text{"see"}, chat::Image{"image/png", "\x89PNG"}, chat::Document{"application/pdf", "a.pdf", "%PDF"},
                   chat::Document{"text/plain", "n.txt", "note"}}},
      AssistantMessage{{ToolCall{"1", "Read", "{}", ""}}, "m"},
      ToolMessage{{ToolResult{"1", {Text{"an image"}, chat::Image{"image/gif", "GIF"}}, true}}}};
  const auto input = Json::parse(body(asked)).at("input");
  CHECK(
      chat::dump(input.at(0).at("content")) ==
      R"([{"type":"input_text","text":"see"},{"type":"input_image","detail":"auto","image_url":"data:image/png;base64,iVBORw=="},)"
      R"({"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERg=="},)"
      R"({"type":"input_text","text":"n.txt:\nnote"}])");
  CHECK(chat::dump(input.at(2).at("output")) ==
        R"([{"type":"input_text","text":"error: "},{"type":"input_text","text":"an image"},)"
        R"({"type":"input_image","detail":"auto","image_url":"data:image/gif;base64,R0lG"}])");
}

TEST_CASE("responses request: settings are mapped as far as the model takes them", "[provider][request]") {
  auto asked = test::asked("x");
  CHECK(settings(asked, plain_model()) == "{}");
  CHECK(settings(asked, responses_endpoint()) == R"({"include":["reasoning.encrypted_content"]})");

  asked.generation = {0.5, 0.9, 50'000, {"END"}, "any"};
  asked.thinking.effort = "max";
  asked.tools = {{"Bash", "d", "{}"}};
  const std::string tools =
      R"("parallel_tool_calls":true,"tools":[{"type":"function","name":"Bash","description":"d","parameters":{},"strict":false}]})";
  CHECK(settings(asked, plain_model()) ==
        R"({"max_output_tokens":16000,"temperature":0.5,"top_p":0.9,"tool_choice":"required",)" + tools);
  CHECK(
      settings(asked, responses_endpoint()) ==
      R"({"include":["reasoning.encrypted_content"],"reasoning":{"effort":"high","summary":"auto"},"max_output_tokens":16000,"tool_choice":"required",)" +
          tools);
  using Codes = std::vector<std::string>;
  CHECK(codes(asked, plain_model()) == Codes{"stop_texts_left_out", "thinking_effort_left_out"});
  CHECK(codes(asked, responses_endpoint()) == Codes{"temperature_left_out", "top_p_left_out", "stop_texts_left_out"});
  CHECK(codes(test::asked("x"), plain_model()).empty());
}

TEST_CASE("responses request: each choice of tools and each effort has its form", "[provider][request]") {
  const auto [choice, expected] = GENERATE(table<std::string, std::string>({
      {"", "null"},
      {"auto", R"("auto")"},
      {"any", R"("required")"},
      {"none", R"("none")"},
      {"Bash", R"({"type":"function","name":"Bash"})"},
  }));
  auto asked = test::asked("x");
  asked.tools = {{"Bash", "d", "{}"}};
  asked.generation.tool_choice = choice;
  CHECK(chat::dump(Json::parse(body(asked)).value("tool_choice", Json())) == expected);

  const auto [effort, budget, wire] = GENERATE(table<std::string, std::int64_t, std::string>({
      {"", 0, "null"},
      {"none", 0, R"({"effort":"none"})"},
      {"minimal", 0, R"({"effort":"minimal","summary":"auto"})"},
      {"", 1'000, R"({"effort":"low","summary":"auto"})"},
      {"", 10'000, R"({"effort":"medium","summary":"auto"})"},
      {"", 30'000, R"({"effort":"high","summary":"auto"})"},
  }));
  asked.thinking = {effort, budget};
  CHECK(chat::dump(Json::parse(body(asked)).value("reasoning", Json())) == wire);
}

TEST_CASE("responses request: an answer's schema is strict where it can be", "[provider][request]") {
  const auto [schema, strict] = GENERATE(table<std::string, bool>({
      {R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false})", true},
      {R"({"type":"object","properties":{"a":{"type":"string"}}})", false},
  }));
  auto asked = test::asked("x");
  asked.output_schema = schema;
  CHECK(chat::dump(Json::parse(body(asked)).at("text")) ==
        R"({"format":{"type":"json_schema","name":"answer","strict":)" + std::string(strict ? "true" : "false") +
            R"(,"schema":)" + schema + "}}");
}

TEST_CASE("responses request: it goes where the official SDKs would send it", "[provider][request]") {
  const auto sent = [](const std::string& url, const std::string& like = "") {
    auto endpoint = responses_endpoint();
    endpoint.provider.base_url = url;
    endpoint.provider.like = like;
    const auto request = make_openai_responses_codec()->encode(asked("x").request(), endpoint);
    CHECK(request.body.find("secret") == std::string::npos);
    std::string out = request.url;
    for (const auto& header : request.headers) {
      if (header.value.find("secret") != std::string::npos) out += " " + header.name + ": " + header.value;
    }
    return out;
  };
  CHECK(sent("https://api.openai.com/v1/") == "https://api.openai.com/v1/responses authorization: Bearer sk-secret-2");
  CHECK(sent("https://x.openai.azure.com/openai/v1?api-version=preview") ==
        "https://x.openai.azure.com/openai/v1/responses?api-version=preview authorization: Bearer sk-secret-2 "
        "api-key: sk-secret-2");
  CHECK(sent("https://gateway.example/v1", "azure").ends_with("api-key: sk-secret-2"));
}

TEST_CASE("responses decoder: one JSON body is a reply, unless it says otherwise", "[provider]") {
  const std::string output =
      R"("output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi"}]}])";
  const auto [json, text, failure] = GENERATE_REF(table<std::string, std::string, std::string>({
      {R"({"model":"m","status":"completed",)" + output + "}", "Hi", ""},
      {R"({"model":"m",)" + output + "}", "Hi", ""},
      {R"({"model":"m","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},)" + output + "}",
       "Hi", ""},
      {R"({"model":"m","status":"queued","output":[]})", "", "before the reply was complete"},
      {R"({"status":"failed","output":[],"error":{"code":"server_error","message":"oops"}})", "", "oops"},
      {R"({"status":"failed","output":[],"error":null})", "", "failed"},
      {R"({"status":"cancelled","output":[]})", "", "cancelled"},
      {R"({"error":{"message":"no"}})", "", "no"},
      {R"([])", "", "failed"},
  }));
  CAPTURE(json);
  const auto decoded = decode(*make_openai_responses_codec(), responses_endpoint(), {200, {}}, {json});
  CHECK(decoded.message.text() == text);
  REQUIRE(decoded.error.has_value() == !failure.empty());
  if (decoded.error) CHECK(decoded.error->message.find(failure) != std::string::npos);
}

TEST_CASE("responses decoder: the end of a stream is the terminal event, and nothing after it counts", "[provider]") {
  const auto decoder = make_openai_responses_decoder(responses_endpoint());
  struct Ignore final : DecodeSink {
    void on_event(chat::stream::StreamEvent) override {}
    void on_block_end(std::size_t) override {}
  } ignore;
  CHECK(decoder->on_sse({"message", R"({"type":"response.created","response":{"status":"in_progress"}})"}, ignore));
  CHECK(decoder->on_sse({"message", "[DONE]"}, ignore));
  CHECK_FALSE(decoder->ended());
  CHECK_FALSE(decoder->on_end(ignore));
  CHECK(decoder->on_sse({"response.completed", R"({"response":{"output":[]}})"}, ignore));
  CHECK(decoder->ended());
  CHECK(decoder->on_sse({"message", "this is no JSON"}, ignore));
  CHECK(decoder->on_end(ignore));
}

TEST_CASE("responses decoder: a call in a complete response is whole unless it is marked incomplete", "[provider]") {
  const auto status = GENERATE(as<std::string>(), "in_progress", "incomplete");
  const std::string call =
      R"({"type":"function_call","call_id":"c","name":"Bash","arguments":"{\"a\":1}","status":")" + status + "\"}";
  const auto listed = GENERATE(true, false);
  const auto decoded = decode(*make_openai_responses_codec(), responses_endpoint(), {200, {}},
                              {R"(data: {"type":"response.output_item.done","output_index":0,"item":)" + call + "}\n\n",
                               R"(data: {"type":"response.completed","response":{"status":"completed","output":[)" +
                                   (listed ? call : "") + "]}}\n\n"});
  const std::vector<ToolCall> whole = {{"c", "Bash", R"({"a":1})", ""}};
  if (status == "in_progress") {
    CHECK(decoded.error == std::nullopt);
    CHECK(decoded.message.tool_calls() == whole);
  } else {
    CHECK(decoded.error.value().retryable);
    CHECK(decoded.message.tool_calls().empty());
  }
}

TEST_CASE("responses decoder: errors are named by their codes where no type says more", "[provider]") {
  const auto [json, kind, retryable] = GENERATE(table<std::string, ErrorKind, bool>({
      {R"({"type":"error","code":"server_error","message":"m"})", ErrorKind::unavailable, true},
      {R"({"type":"error","code":"rate_limit_exceeded","message":"m"})", ErrorKind::unavailable, true},
      {R"({"type":"error","error":{"type":"insufficient_quota","message":"m"}})", ErrorKind::unavailable, false},
      {R"({"type":"error","code":"context_length_exceeded","message":"m"})", ErrorKind::limit, false},
      {R"({"type":"response.failed","response":{"error":{"code":"invalid_image","message":"m"}}})", ErrorKind::failure,
       false},
      {R"({"type":"response.failed","response":{"status":"failed","error":null}})", ErrorKind::unavailable, true},
      {R"({"error":{"message":"m","type":"invalid_request_error"}})", ErrorKind::failure, false},
  }));
  CAPTURE(json);
  const auto decoded = decode(*make_openai_responses_codec(), responses_endpoint(), {200, {}}, {event(json)});
  REQUIRE(decoded.error);
  CHECK(decoded.error->kind == kind);
  CHECK(decoded.error->retryable == retryable);
}

TEST_CASE("responses decoder: a server can't make it hold without limit", "[provider]") {
  const auto failure = [](const std::string& stream) {
    const auto decoded = decode(*make_openai_responses_codec(), responses_endpoint(), {200, {}}, {stream});
    return decoded.error ? decoded.error->message : "";
  };
  const auto at = [](const std::string& index, const std::string& part) {
    return event(R"({"type":"response.output_text.delta","output_index":)" + index + R"(,"content_index":)" + part +
                 R"(,"delta":"x"})");
  };
  CHECK(failure(at("4096", "0")) == "the reply has more than 4096 items");
  CHECK(failure(at("18446744073709551615", "0")) == "the reply has more than 4096 items");
  CHECK(failure(at("0", "128")) == "the reply has more than 128 parts in an item");
  CHECK(failure(at("4095", "127")) == "the model API's stream ended before the reply was complete");

  ResponseItems items("openai");
  const std::string piece(1U << 20U, 'x');
  for (std::size_t held = 0; held < HttpProvider::max_reply_bytes; held += piece.size()) {
    CHECK(items.arguments_delta(held % 2, piece));
  }
  CHECK(items.arguments_delta(0, "x").error().kind == ErrorKind::limit);
}

}  // namespace errand::provider::test
