#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "chat/codec.hpp"
#include "provider/anthropic.hpp"
#include "provider/call_ids.hpp"
#include "provider/generation.hpp"
#include "provider/openai_chat.hpp"
#include "unit/provider/support.hpp"

// What is sent.

namespace errand::provider::test {

namespace {

using chat::AssistantMessage;
using chat::Text;
using chat::ToolCall;
using chat::ToolMessage;
using chat::ToolResult;
using chat::UserMessage;

constexpr const char* mark = R"(,"cache_control":{"type":"ephemeral"})";

UserMessage user(std::string text) {
  return {{Text{std::move(text)}}};
}

ToolResult result(std::string id, std::string text) {
  return {std::move(id), {Text{std::move(text)}}, false};
}

// A conversation with everything in it; `turns` of its messages.
Asked conversation(std::size_t messages) {
  Asked out;
  out.system = "Be brief.";
  out.tools = {{"Bash", "Runs a command", R"({"type":"object","properties":{"command":{"type":"string"}}})"},
               {"Read", "Reads a file", R"({"type":"object"})"}};
  AssistantMessage calls{
      {chat::Thinking{"hm", "sig", false}, Text{"I look."},
       ToolCall{"a:1", "Bash", R"({"command": "ls",  "n": 1.0})", ""}, ToolCall{"b", "Read", "", ""}},
      "m"};
  calls.provider = "anthropic";
  ToolResult failed = result("b", "no such file");
  failed.is_error = true;
  AssistantMessage more{{ToolCall{"a:1", "Bash", R"({"broken)", ""}}, "m"};
  const std::vector<chat::Message> all = {user("list it"),
                                          calls,
                                          ToolMessage{{result("a:1", "x\ny"), failed}},
                                          more,
                                          ToolMessage{{result("a:1", "")}},
                                          AssistantMessage{{Text{"Two files."}}, "m"},
                                          user("thanks")};
  out.history.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(messages));
  return out;
}

std::string anthropic(const Asked& asked) {
  return anthropic_body(asked.request(), anthropic_endpoint());
}

std::string openai(const Asked& asked, const std::string& provider = "openai",
                   const std::string& url = "https://api.openai.com/v1") {
  auto endpoint = openai_endpoint();
  endpoint.provider.name = provider;
  endpoint.provider.base_url = url;
  return openai_chat_body(asked.request(), endpoint);
}

}  // namespace

TEST_CASE("anthropic request: one conversation, byte for byte", "[provider][request]") {
  const std::string m = mark;
  CHECK(
      anthropic(conversation(7)) ==
      R"({"model":"claude-x","max_tokens":64000,"stream":true,"tools":[)"
      R"({"name":"Bash","description":"Runs a command","input_schema":{"type":"object","properties":{"command":{"type":"string"}}}},)"
      R"({"name":"Read","description":"Reads a file","input_schema":{"type":"object"})" +
          m +
          "}],"
          R"("system":[{"type":"text","text":"Be brief.")" +
          m +
          "}],"
          R"("messages":[{"role":"user","content":[{"type":"text","text":"list it"}]},)"
          R"({"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"sig"},{"type":"text","text":"I look."},)"
          R"({"type":"tool_use","id":"a_1","name":"Bash","input":{"command": "ls",  "n": 1.0}},)"
          R"({"type":"tool_use","id":"b","name":"Read","input":{}}]},)"
          R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"a_1","content":[{"type":"text","text":"x\ny"}]},)"
          R"({"type":"tool_result","tool_use_id":"b","content":[{"type":"text","text":"no such file"}],"is_error":true}]},)"
          R"({"role":"assistant","content":[{"type":"tool_use","id":"a_1_2","name":"Bash","input":{"INVALID_JSON":"{\"broken"}}]},)"
          R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"a_1_2")" +
          m +
          "}]},"
          R"({"role":"assistant","content":[{"type":"text","text":"Two files."}]},)"
          R"({"role":"user","content":[{"type":"text","text":"thanks")" +
          m + "}]}]}");
}

TEST_CASE("openai request: one conversation, byte for byte", "[provider][request]") {
  CHECK(
      openai(conversation(7)) ==
      R"({"model":"gpt-x","stream":true,"stream_options":{"include_usage":true},"tools":[)"
      R"({"type":"function","function":{"name":"Bash","description":"Runs a command","parameters":{"type":"object","properties":{"command":{"type":"string"}}}}},)"
      R"({"type":"function","function":{"name":"Read","description":"Reads a file","parameters":{"type":"object"}}}],)"
      R"("messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"list it"},)"
      R"({"role":"assistant","content":"I look.","tool_calls":[)"
      R"({"id":"a_1","type":"function","function":{"name":"Bash","arguments":"{\"command\": \"ls\",  \"n\": 1.0}"}},)"
      R"({"id":"b","type":"function","function":{"name":"Read","arguments":"{}"}}]},)"
      R"({"role":"tool","tool_call_id":"a_1","content":"x\ny"},{"role":"tool","tool_call_id":"b","content":"error: no such file"},)"
      R"({"role":"assistant","content":null,"tool_calls":[{"id":"a_1_2","type":"function","function":{"name":"Bash","arguments":"{\"INVALID_JSON\":\"{\\\"broken\"}"}}]},)"
      R"({"role":"tool","tool_call_id":"a_1_2","content":""},{"role":"assistant","content":"Two files."},{"role":"user","content":"thanks"}]})");
}

TEST_CASE("requests: a turn's body is a prefix of the next one's, but for the cache marks", "[provider][request]") {
  const auto body_of = GENERATE(
      &anthropic, +[](const Asked& asked) { return openai(asked); });
  for (std::size_t n = 1; n < 7; ++n) {
    CAPTURE(n);
    auto earlier = text::replace_all(body_of(conversation(n)), mark, "");
    const auto later = text::replace_all(body_of(conversation(n + 1)), mark, "");
    earlier.resize(earlier.size() - 2);  // "]}"
    CHECK(later.starts_with(earlier));
  }
}

TEST_CASE("anthropic request: four marks at most, and the one before stays where it was written",
          "[provider][request]") {
  const auto marks = [](const std::string& body) { return text::replace_all(body, mark, "\x01"); };
  const auto turn = marks(anthropic(conversation(3)));
  const auto next = marks(anthropic(conversation(5)));
  CHECK(std::count(next.begin(), next.end(), '\x01') == 4);
  // All up to and with the mark that ends the turn before is there again.
  const auto written = turn.rfind('\x01');
  const auto unmarked = [](std::string s) { return text::replace_all(std::move(s), "\x01", ""); };
  const auto place = next.rfind('\x01', next.rfind('\x01') - 1);
  CHECK(unmarked(next.substr(0, place)) == unmarked(turn.substr(0, written)));
}

TEST_CASE("anthropic request: results and what was typed meanwhile are one message, results first",
          "[provider][request]") {
  Asked asked;
  asked.history = {user("a"),
                   AssistantMessage{{ToolCall{"1", "Bash", "{}", ""}}, "m"},
                   ToolMessage{{result("1", "out")}},
                   user(""),
                   user("and b"),
                   AssistantMessage{{}, "m"},
                   user("c")};
  const auto messages = Json::parse(text::replace_all(anthropic(asked), mark, "")).at("messages");
  REQUIRE(messages.size() == 3);
  CHECK(
      chat::dump(messages.at(2)) ==
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":[{"type":"text","text":"out"}]},)"
      R"({"type":"text","text":"and b"},{"type":"text","text":"c"}]})");
}

TEST_CASE("anthropic request: thinking and native blocks go back to who made them, and nobody else",
          "[provider][request]") {
  const std::string native = R"({"type":"server_tool_use","id":"s","name":"web_search","input":{"q": 1}})";
  const std::string cited = R"({"type":"text","text":"It is so.","citations":[{"url":"u"}]})";
  AssistantMessage reply{
      {chat::Thinking{"secret", "sig", false}, chat::Thinking{"", "data", true}, chat::Thinking{"unsigned", "", false},
       chat::Native{"anthropic", native}, Text{"It is so."}, chat::Native{"anthropic", cited},
       chat::Native{"openrouter", "{}"}, Text{" \n"}, chat::Thinking{"last", "sig2", false}},
      "m"};
  const auto [provider, expected] = GENERATE_REF(table<std::string, std::string>(
      {{"anthropic",
        R"({"type":"thinking","thinking":"secret","signature":"sig"},{"type":"redacted_thinking","data":"data"},)" +
            native + "," + cited},
       {"zai", native + "," + cited}}));
  reply.provider = provider;
  Asked asked;
  asked.history = {user("a"), reply, user("b")};
  CHECK(anthropic(asked).find(R"({"role":"assistant","content":[)" + expected + "]}") != std::string::npos);

  auto other = anthropic_endpoint();
  other.provider.name = "proxy";
  const auto foreign = Json::parse(anthropic_body(asked.request(), other)).at("messages").at(1).at("content");
  CHECK(chat::dump(foreign) == R"([{"type":"text","text":"It is so."}])");
}

TEST_CASE("requests: media are sent as each API takes them", "[provider][request]") {
  Asked asked;
  asked.history = {
      UserMessage{{Text{"see"}, chat::Image{"image/png", "\x89PNG"}, chat::Document{"application/pdf", "a.pdf", "%PDF"},
                   chat::Document{"text/plain", "n.txt", "note"}}},
      AssistantMessage{{ToolCall{"1", "Read", "{}", ""}}, "m"},
      ToolMessage{{ToolResult{"1", {Text{"an image"}, chat::Image{"image/gif", "GIF"}}, false}}}};
  const auto ours = Json::parse(text::replace_all(anthropic(asked), mark, "")).at("messages");
  CHECK(
      chat::dump(ours.at(0).at("content")) ==
      R"([{"type":"text","text":"see"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw=="}},)"
      R"({"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBERg=="},"title":"a.pdf"},)"
      R"({"type":"document","source":{"type":"text","media_type":"text/plain","data":"note"},"title":"n.txt"}])");
  CHECK(chat::dump(ours.at(2).at("content").at(0).at("content").at(1)) ==
        R"({"type":"image","source":{"type":"base64","media_type":"image/gif","data":"R0lG"}})");

  const auto theirs = Json::parse(openai(asked)).at("messages");
  CHECK(chat::dump(theirs.at(0).at("content")) ==
        R"([{"type":"text","text":"see"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw=="}},)"
        R"({"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERg=="}},)"
        R"({"type":"text","text":"n.txt:\nnote"}])");
  CHECK(theirs.at(2).at("content") == "an image");
  const std::string note = "(returned by the tools)";
  CHECK(chat::dump(theirs.at(3)) ==
        R"({"role":"user","content":[{"type":"text","text":")" + note +
            R"("},{"type":"image_url","image_url":{"url":"data:image/gif;base64,R0lG"}}]})");
}

TEST_CASE("anthropic request: the thinking budget stays while what a limit leaves for output shrinks",
          "[provider][request]") {
  const auto codec = make_anthropic_codec();
  auto endpoint = anthropic_endpoint();
  endpoint.model.thinking = chat::ThinkingStyle::budget;
  endpoint.model.max_output = 32'000;
  auto request = asked("x");
  request.thinking.effort = "high";
  const auto budget_at = [&](std::int64_t left) {
    request.generation = {.max_output = left, .uncapped_output = 0};
    const auto body = chat::parse_json(codec->encode(request.request(), endpoint).body).value();
    return body.contains("thinking") ? body["thinking"]["budget_tokens"].get<int>() : 0;
  };
  std::vector<int> budgets;
  for (const auto left : {31'000, 25'024, 25'023, 13'024, 13'023, 3000, 2048, 2047, 1})
    budgets.push_back(budget_at(left));
  CHECK(budgets == std::vector<int>{24'000, 24'000, 12'000, 12'000, 6000, 1500, 1024, 0, 0});
  const auto said = codec->left_out(request.request(), endpoint);
  REQUIRE(said.size() == 1);
  CHECK(said.front().code == "thinking_left_out");
  request.generation = {};
  CHECK(codec->left_out(request.request(), endpoint).empty());
}

TEST_CASE("anthropic request: thinking is asked for as the model takes it", "[provider][request]") {
  using Style = chat::ThinkingStyle;
  const auto [style, effort, budget, expected] = GENERATE(table<Style, std::string, std::int64_t, std::string>({
      {Style::adaptive, "high", 0, R"("thinking":{"type":"adaptive"},"output_config":{"effort":"high"},)"},
      {Style::adaptive, "minimal", 0, R"("thinking":{"type":"adaptive"},"output_config":{"effort":"low"},)"},
      {Style::adaptive, "none", 0, ""},
      {Style::adaptive, "", 10'000, R"("thinking":{"type":"adaptive"},"output_config":{"effort":"medium"},)"},
      {Style::adaptive, "", 0, ""},
      {Style::budget, "medium", 0, R"("thinking":{"type":"enabled","budget_tokens":10000},)"},
      {Style::budget, "", 5, R"("thinking":{"type":"enabled","budget_tokens":1024},)"},
      {Style::budget, "", 1'000'000, R"("thinking":{"type":"enabled","budget_tokens":62976},)"},
      {Style::budget, "none", 0, ""},
      {Style::effort, "low", 0, R"("output_config":{"effort":"low"},)"},
      {Style::none, "high", 0, ""},
  }));
  auto endpoint = anthropic_endpoint();
  endpoint.model.thinking = style;
  auto request = asked("x");
  request.thinking = {effort, budget};
  const auto body = anthropic_body(request.request(), endpoint);
  const std::string begin = R"({"model":"claude-x","max_tokens":64000,"stream":true,)";
  REQUIRE(body.starts_with(begin));
  CHECK(body.substr(begin.size(), body.find("\"system\"") - begin.size()) == expected);
}

TEST_CASE("anthropic request: max_tokens is always there and never more than the model has", "[provider][request]") {
  const auto [asked_for, max_output, context, expected] =
      GENERATE(table<std::int64_t, std::int64_t, std::int64_t, std::int64_t>({{0, 64'000, 0, 64'000},
                                                                              {100, 64'000, 0, 100},
                                                                              {99'000, 64'000, 0, 64'000},
                                                                              {99'000, 0, 0, 99'000},
                                                                              {0, 0, 0, 8192},
                                                                              {0, 0, 4096, 2048}}));
  auto endpoint = anthropic_endpoint();
  endpoint.model.max_output = max_output;
  endpoint.model.context = context;
  auto request = asked("x");
  request.generation.max_output = asked_for;
  CHECK(Json::parse(anthropic_body(request.request(), endpoint)).at("max_tokens") == expected);
}

TEST_CASE("openai request: servers get what they take", "[provider][request]") {
  auto request = asked("x");
  request.generation.max_output = 50;
  request.thinking.effort = "high";
  const auto fields = [&](const std::string& provider, const std::string& url) {
    auto endpoint = openai_endpoint();
    endpoint.provider.name = provider;
    endpoint.provider.base_url = url;
    endpoint.model.thinking = chat::ThinkingStyle::effort;
    auto json = Json::parse(openai_chat_body(request.request(), endpoint));
    for (const char* same : {"model", "stream", "messages"}) json.erase(same);
    return chat::dump(json);
  };
  CHECK(fields("openai", "https://api.openai.com/v1") ==
        R"({"stream_options":{"include_usage":true},"max_completion_tokens":50,"reasoning_effort":"high"})");
  CHECK(fields("ollama", "http://127.0.0.1:11434/v1") ==
        R"({"stream_options":{"include_usage":true},"max_tokens":50,"reasoning_effort":"high"})");
  CHECK(fields("mine", "https://openrouter.ai/api/v1") ==
        R"({"stream_options":{"include_usage":true},"max_tokens":50,"reasoning":{"effort":"high"}})");
  CHECK(fields("deepseek", "https://proxy.example/v1") ==
        R"({"stream_options":{"include_usage":true},"max_tokens":50,"thinking":{"type":"enabled"}})");
  CHECK(fields("mistral", "https://api.mistral.ai/v1") == R"({"max_tokens":50,"reasoning_effort":"high"})");
}

namespace {

// What a request asks for beside its prompt, and what is told to have been left out.
struct Asking {
  std::string fields;
  std::vector<std::string> left_out;
  bool operator==(const Asking&) const = default;
};

Asking asking(const Codec& codec, const Asked& asked, const Endpoint& endpoint) {
  auto json = Json::parse(codec.encode(asked.request(), endpoint).body);
  for (const char* same : {"model", "stream", "stream_options", "messages", "max_tokens", "tools", "system"})
    json.erase(same);
  Asking out{chat::dump(json), {}};
  for (const auto& warning : codec.left_out(asked.request(), endpoint)) out.left_out.push_back(warning.code);
  return out;
}

Asked with_wishes() {
  auto out = asked("x");
  out.tools = {{.name = "Look", .description = "Looks", .input_schema = "{}"}};
  out.generation = {.temperature = 0.5, .top_p = 0.9, .max_output = 0, .stop = {"END"}, .tool_choice = "any"};
  out.output_schema =
      R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false})";
  return out;
}

const std::string schema_json =
    R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false})";

}  // namespace

TEST_CASE("anthropic request: of a schema goes what the API takes, or nothing", "[provider][request]") {
  struct Row {
    const char* schema;
    const char* sent;  // empty: nothing
  };
  const auto row = GENERATE(values<Row>({
      {R"({"type":"object","properties":{"minimum":{"type":"integer","minimum":1},"l":{"type":"array","minItems":2,"items":{"type":"string","maxLength":9}}}})",
       R"({"type":"object","properties":{"minimum":{"type":"integer"},"l":{"type":"array","items":{"type":"string"}}},"additionalProperties":false})"},
      {R"({"type":"object","properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"type":"null"}}})",
       R"({"type":"object","properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"type":"null"}},"additionalProperties":false})"},
      {R"({"type":"object","properties":{"next":{"$ref":"#"}}})", ""},
      {R"({"type":"object","$defs":{"a":{"properties":{"b":{"$ref":"#/$defs/a"}}}}})", ""},
      {R"({"type":"object","additionalProperties":{"type":"string"}})", ""},
      {R"({"type":"object","properties":{"a":{"oneOf":[{"type":"null"}]}}})", ""},
      {"no JSON", ""},
  }));
  CAPTURE(row.schema);
  CHECK(closed_schema(row.schema) == row.sent);
}

TEST_CASE("anthropic request: what a model can't take is left out and said", "[provider][request]") {
  using Style = chat::ThinkingStyle;
  const auto codec = make_anthropic_codec();
  auto endpoint = anthropic_endpoint();
  auto request = with_wishes();
  const auto schema = R"("format":{"type":"json_schema","schema":)" + std::string(request.output_schema) + "}";
  const auto with = [&](Style style, const std::string& effort) {
    endpoint.model.thinking = style;
    request.thinking = {effort, 0};
    return asking(*codec, request, endpoint);
  };
  const auto same = [](const std::string& text) { return chat::dump(Json::parse(text)); };
  CHECK(with(Style::none, "") ==
        Asking{same(R"({"output_config":{)" + schema +
                    R"(},"temperature":0.5,"top_p":0.9,"stop_sequences":["END"],"tool_choice":{"type":"any"}})"),
               {}});
  CHECK(with(Style::none, "high").left_out == std::vector<std::string>{"thinking_effort_left_out"});
  CHECK(with(Style::adaptive, "low") ==
        Asking{same(R"({"thinking":{"type":"adaptive"},"output_config":{"effort":"low",)" + schema +
                    R"(},"stop_sequences":["END"],"tool_choice":{"type":"any"}})"),
               {"temperature_left_out", "top_p_left_out"}});
  CHECK(with(Style::budget, "minimal") ==
        Asking{same(R"({"thinking":{"type":"enabled","budget_tokens":1024},"output_config":{)" + schema +
                    R"(},"stop_sequences":["END"]})"),
               {"temperature_left_out", "top_p_left_out", "tool_choice_beside_a_thinking_budget_left_out"}});
  request.generation.tool_choice = "Look";
  CHECK(Json::parse(with(Style::none, "").fields).at("tool_choice") == Json{{"type", "tool"}, {"name", "Look"}});
  request.generation.tool_choice = "Unknown";
  CHECK_FALSE(Json::parse(with(Style::none, "").fields).contains("tool_choice"));
}

TEST_CASE("requests: wishes that no model can fulfil are said", "[provider][request]") {
  auto wish = conversation(1);
  wish.generation = {.max_output = 999'999, .tool_choice = "Nothing"};
  const Endpoint endpoint{{"anthropic"}, {.provider = "anthropic", .id = "m", .max_output = 64'000}};
  const auto warnings = impossible_wishes(wish.request(), endpoint);
  REQUIRE(warnings.size() == 2);
  CHECK(warnings[0].message == "anthropic/m writes at most 64000 tokens, not 999999");
  CHECK(warnings[1].code == "tool_choice_left_out");
  wish.generation = {.max_output = 64'000, .tool_choice = "Bash"};
  CHECK(impossible_wishes(wish.request(), endpoint).empty());
}

TEST_CASE("anthropic request: every object of a schema is closed", "[provider][request]") {
  CHECK(
      closed_schema(R"({"type":"object","properties":{"a":{"type":"array","items":{"type":"object"}}}})") ==
      R"({"type":"object","properties":{"a":{"type":"array","items":{"type":"object","additionalProperties":false}}},"additionalProperties":false})");
  CHECK(closed_schema(R"({"type":"object","additionalProperties":true})").empty());
}

TEST_CASE("anthropic request: what a failed call has beside text stands behind the results", "[provider][request]") {
  auto wish = conversation(2);
  ToolResult failed{"b", {Text{"broken"}, chat::Image{"image/png", "x"}}, true};
  wish.history.push_back(ToolMessage{{result("a:1", "x"), failed}});
  const auto body = Json::parse(anthropic(wish));
  const auto& content = body.at("messages").back().at("content");
  REQUIRE(content.size() == 3);
  CHECK(content[1].at("is_error") == true);
  CHECK(content[1].at("content").size() == 1);
  CHECK(content[2].at("type") == "image");
}

TEST_CASE("openai request: what a server can't take is left out and said", "[provider][request]") {
  const auto codec = make_openai_chat_codec();
  auto endpoint = openai_endpoint();
  auto request = with_wishes();
  request.generation.stop = {"1", "2", "3", "4", "5"};
  const auto at = [&](const std::string& like, chat::ThinkingStyle style) {
    endpoint.provider.base_url = "http://127.0.0.1:9/v1";
    endpoint.provider.like = like;
    endpoint.model.thinking = style;
    return asking(*codec, request, endpoint);
  };
  const auto schema =
      R"("response_format":{"type":"json_schema","json_schema":{"name":"answer","strict":true,"schema":)" +
      schema_json + "}}";
  const auto same = [](const std::string& text) { return chat::dump(Json::parse(text)); };
  const auto plain = chat::ThinkingStyle::none;
  const std::string sampling = R"("temperature":0.5,"top_p":0.9,"stop":["1","2","3","4"],)";
  CHECK(at("vllm", plain) ==
        Asking{same("{" + sampling + schema + R"(,"tool_choice":"required"})"), {"more_than_4_stop_texts_left_out"}});
  CHECK(at("mistral", plain).fields == same("{" + sampling + schema + R"(,"tool_choice":"any"})"));
  CHECK(at("openai", chat::ThinkingStyle::effort) ==
        Asking{same("{" + schema + R"(,"tool_choice":"required"})"),
               {"temperature_left_out", "top_p_left_out", "stop_texts_left_out"}});
  CHECK(at("deepseek", plain).fields ==
        same("{" + sampling + R"("response_format":{"type":"json_object"},"tool_choice":"required"})"));
  const auto body = Json::parse(codec->encode(request.request(), endpoint).body);
  CHECK(body.at("messages").at(0).at("content").get<std::string>().find(request.output_schema) != std::string::npos);
  request.output_schema = R"({"type":"object","properties":{"a":{}}})";
  CHECK_FALSE(Json::parse(at("vllm", plain).fields).at("response_format").at("json_schema").contains("strict"));
}

TEST_CASE("requests: a model gets no image and no PDF that it can't take, wherever it stands", "[provider][request]") {
  const chat::Image image{"image/png", "bytes"};
  const chat::Document pdf{"application/pdf", "a.pdf", "%PDF"};
  const chat::Document text{"text/plain", "a.txt", "A"};
  const std::vector<chat::Message> history = {chat::UserMessage{{Text{"see"}, image, pdf}},
                                              AssistantMessage{{Text{"ok"}}},
                                              ToolMessage{{{"c", {pdf, text, image}, false}}}};
  const Text no_image{"[an image, which this model can't see]"};
  const Text no_pdf{"[a PDF, which this model can't read]"};
  const auto told = [&](const chat::ModelSpec& model) {
    const auto out = without_unreadable(history, model);
    return std::pair(std::get<chat::UserMessage>(out[0]).content, std::get<ToolMessage>(out[2]).results[0].content);
  };
  using Blocks = std::vector<chat::UserBlock>;
  using Media = std::vector<std::string_view>;
  const chat::ModelSpec everything{.provider = "anthropic", .id = "m"};
  CHECK(unreadable_media(history, everything).empty());
  CHECK(without_unreadable(history, everything) == history);

  const chat::ModelSpec compatible{.provider = "groq", .id = "m"};
  CHECK(unreadable_media(history, compatible) == Media{"PDFs"});
  CHECK(told(compatible) == std::pair(Blocks{Text{"see"}, image, no_pdf}, Blocks{no_pdf, text, image}));

  const chat::ModelSpec text_alone{.provider = "openai", .id = "m", .takes_images = false};
  CHECK(unreadable_media(history, text_alone) == Media{"images", "PDFs"});
  CHECK(told(text_alone) == std::pair(Blocks{Text{"see"}, no_image, no_pdf}, Blocks{no_pdf, text, no_image}));
}

TEST_CASE("anthropic request: a count asks about the prompt alone", "[provider][request]") {
  const auto codec = make_anthropic_codec();
  const auto request = with_wishes();
  const auto wire = codec->encode_count(request.request(), anthropic_endpoint());
  REQUIRE(wire);
  CHECK(wire->url == "https://api.anthropic.com/v1/messages/count_tokens");
  std::vector<std::string> keys;
  const auto body = Json::parse(wire->body);
  for (const auto& [key, value] : body.items()) keys.push_back(key);
  CHECK(keys == std::vector<std::string>{"model", "tool_choice", "tools", "system", "messages"});
  CHECK(codec->read_count(R"({"input_tokens": 2095})") == 2095);
  for (const char* wrong : {"", "{}", "[1]", "<html>", R"({"input_tokens":"x"})"})
    CHECK_FALSE(codec->read_count(wrong));
}

TEST_CASE("openai request: reasoning goes back only where it must", "[provider][request]") {
  AssistantMessage reply{{chat::Thinking{"I think", "", false}, ToolCall{"call.1", "Bash", "{}", ""},
                          chat::Native{"deepseek", R"({"reasoning_details":[{"type":"x","n": 1.0}]})"}},
                         "m"};
  reply.provider = "deepseek";
  Asked asked;
  asked.history = {user("a"), reply, ToolMessage{{result("call.1", "r")}},
                   AssistantMessage{{chat::Thinking{"t", "", false}, Text{"Done"}}, "m"}};
  const auto assistant = [&](const std::string& provider, const std::string& url) {
    auto json = Json::parse(openai(asked, provider, url)).at("messages");
    CHECK_FALSE(json.at(3).contains("reasoning_content"));
    json.at(1).erase("tool_calls");
    return chat::dump(json.at(1));
  };
  CHECK(
      assistant("deepseek", "https://api.deepseek.com") ==
      R"({"role":"assistant","content":null,"reasoning_details":[{"type":"x","n":1.0}],"reasoning_content":"I think"})");
  CHECK(assistant("openai", "https://api.openai.com/v1") == R"({"role":"assistant","content":null})");
  CHECK(assistant("other", "https://api.deepseek.com") ==
        R"({"role":"assistant","content":null,"reasoning_content":""})");
}

TEST_CASE("requests: they go where the official SDKs would send them, with the key in a header alone",
          "[provider][request]") {
  const auto sent = [](std::unique_ptr<Codec> codec, Endpoint endpoint, std::string url) {
    endpoint.provider.base_url = std::move(url);
    return codec->encode(asked("x").request(), endpoint);
  };
  CHECK(sent(make_anthropic_codec(), anthropic_endpoint(), "https://api.anthropic.com/").url ==
        "https://api.anthropic.com/v1/messages");
  CHECK(sent(make_anthropic_codec(), anthropic_endpoint(), "https://p.example/x/v1/").url ==
        "https://p.example/x/v1/messages");
  CHECK(sent(make_openai_chat_codec(), openai_endpoint(), "http://127.0.0.1:1/v1").url ==
        "http://127.0.0.1:1/v1/chat/completions");
  CHECK(sent(make_openai_chat_codec(), openai_endpoint(), "https://a.azure.com/d?api-version=1").url ==
        "https://a.azure.com/d/chat/completions?api-version=1");

  const auto header = [](const http::Request& request, const std::string& name) {
    for (const auto& h : request.headers) {
      if (h.name == name) return h.value;
    }
    return std::string("(none)");
  };
  const auto first_party = sent(make_anthropic_codec(), anthropic_endpoint(), "https://api.anthropic.com");
  CHECK(header(first_party, "x-api-key") == "sk-ant-secret-1");
  CHECK(header(first_party, "authorization") == "(none)");
  CHECK(header(first_party, "anthropic-version") == "2023-06-01");
  CHECK(header(first_party, "anthropic-beta") == "(none)");
  CHECK(first_party.body.find("secret") == std::string::npos);
  CHECK(header(sent(make_anthropic_codec(), anthropic_endpoint(), "https://p.example"), "authorization") ==
        "Bearer sk-ant-secret-1");
  CHECK(header(sent(make_openai_chat_codec(), openai_endpoint(), "https://p.example"), "authorization") ==
        "Bearer sk-secret-2");
  auto keyless = openai_endpoint();
  keyless.provider.key.clear();
  CHECK(header(sent(make_openai_chat_codec(), keyless, "https://p.example"), "authorization") == "(none)");
}

TEST_CASE("call ids: each is one the API accepts, once, and the same in every turn", "[provider][request]") {
  CallIds nine(CallIdStyle::nine_alnum);
  nine.next_reply();
  CHECK(nine.of_call("abcdefgh1") == "abcdefgh1");
  const auto made = nine.of_call("call_123");
  CHECK(made.size() == 9);
  CHECK(nine.of_result("call_123") == made);
  nine.next_reply();
  CHECK(nine.of_call("abcdefgh1") != "abcdefgh1");
  CallIds again(CallIdStyle::nine_alnum);
  again.next_reply();
  CHECK(again.of_call("call_123") == made);

  CallIds plain(CallIdStyle::plain);
  plain.next_reply();
  CHECK(plain.of_call("functions.weather:0") == "functions_weather_0");
  CHECK(plain.of_call("") == "_");
  CHECK(plain.of_call(std::string(200, 'x')).size() == 64);
  plain.next_reply();
  CHECK(plain.of_call(std::string(200, 'x')).size() <= 64);
  CHECK(plain.of_result("unknown.id") == "unknown_id");
}

}  // namespace errand::provider::test
