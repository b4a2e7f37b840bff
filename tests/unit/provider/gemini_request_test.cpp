#include <algorithm>
#include <filesystem>

#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "chat/codec.hpp"
#include "provider/gemini.hpp"
#include "unit/provider/support.hpp"

// What is sent to Gemini.

namespace errand::provider::test {

namespace {

using chat::AssistantMessage;
using chat::Native;
using chat::Text;
using chat::ToolCall;
using chat::ToolMessage;
using chat::ToolResult;
using chat::UserMessage;

constexpr const char* foreign = R"("thoughtSignature":"skip_thought_signature_validator")";

Endpoint endpoint_of(std::string model, std::string base_url = "https://generativelanguage.googleapis.com") {
  auto out = gemini_endpoint();
  out.model.id = std::move(model);
  out.provider.base_url = std::move(base_url);
  return out;
}

Json body_of(const Asked& asked, const std::string& model = "gemini-3-x") {
  return Json::parse(gemini_body(asked.request(), endpoint_of(model)));
}

AssistantMessage reply(std::vector<chat::AssistantBlock> content, std::string provider = "gemini") {
  AssistantMessage out{std::move(content), "m"};
  out.provider = std::move(provider);
  return out;
}

ToolResult result(std::string id, std::string text) {
  return {std::move(id), {Text{std::move(text)}}, false};
}

// What a conversation is sent as: its `contents` after the first prompt.
std::string sent_after_prompt(std::vector<chat::Message> messages, const std::string& model = "gemini-3-x") {
  auto asked = test::asked("go");
  for (auto& message : messages) asked.history.push_back(std::move(message));
  auto contents = body_of(asked, model).at("contents");
  contents.erase(contents.begin());
  return contents.dump();
}

std::string config_of(const Asked& asked, const std::string& model) {
  return body_of(asked, model).value("generationConfig", Json::object()).dump();
}

std::vector<std::string> warnings_of(const Asked& asked, const std::string& model) {
  std::vector<std::string> out;
  for (auto& warning : make_gemini_codec()->left_out(asked.request(), endpoint_of(model))) out.push_back(warning.code);
  return out;
}

}  // namespace

TEST_CASE("gemini: the reply's parts go back as they came", "[provider][gemini]") {
  struct Case {
    const char* about;
    std::vector<chat::Message> messages;
    std::string sent;
  };
  const Case cases[] = {
      {"signatures stay with their parts, ids with the API's calls, results stand together in order",
       {reply({chat::Thinking{"a summary", "", false}, Text{"I look."},
               ToolCall{"k1", "Read", R"({"a": 1.0,  "b":"ä"})", "c2lnLTE="}, ToolCall{"k2", "Grep", "", ""},
               Native{"gemini", R"({"text":"","thoughtSignature":"c2lnLTI="})"}}),
        ToolMessage{{result("k1", "x\ny"), {"k2", {Text{"no such file"}}, true}}}},
       R"([{"role":"model","parts":[{"text":"I look."},{"functionCall":{"id":"k1","name":"Read","args":{"a":1.0,"b":"ä"}},"thoughtSignature":"c2lnLTE="},)"
       R"({"functionCall":{"id":"k2","name":"Grep","args":{}}},{"text":"","thoughtSignature":"c2lnLTI="}]},)"
       R"({"role":"user","parts":[{"functionResponse":{"id":"k1","name":"Read","response":{"output":"x\ny"}}},)"
       R"({"functionResponse":{"id":"k2","name":"Grep","response":{"error":"no such file"}}}]}])"},
      {"a call that came without an id goes without one",
       {reply({ToolCall{"call_0123456789abcdef", "Read", "{}", "c2ln"}}),
        ToolMessage{{result("call_0123456789abcdef", "x")}}},
       R"([{"role":"model","parts":[{"functionCall":{"name":"Read","args":{}},"thoughtSignature":"c2ln"}]},)"
       R"({"role":"user","parts":[{"functionResponse":{"name":"Read","response":{"output":"x"}}}]}])"},
      {"signed text is sent once, with its signature",
       {reply({Text{"one "}, Text{"two \n"}, Native{"gemini", R"({"text":"two \n","thoughtSignature":"czI="})"},
               Text{"three"}, Native{"gemini", R"({"text":"","thoughtSignature":"czM="})"}}),
        UserMessage{{Text{"more"}}}},
       R"([{"role":"model","parts":[{"text":"one "},{"text":"two \n","thoughtSignature":"czI="},{"text":"three"},)"
       R"({"text":"","thoughtSignature":"czM="}]},{"role":"user","parts":[{"text":"more"}]}])"},
      {"code, pictures and signed thoughts go back, what was told about the answer does not",
       {reply({chat::Thinking{"hm", "c2ln", false}, Native{"gemini", R"({"executableCode":{"code":"1"}})"},
               Native{"gemini", R"({"candidate":{"groundingMetadata":{}}})"}}),
        UserMessage{{Text{"more"}}}},
       R"([{"role":"model","parts":[{"text":"hm","thought":true,"thoughtSignature":"c2ln"},{"executableCode":{"code":"1"}}]},)"
       R"({"role":"user","parts":[{"text":"more"}]}])"},
      {"another provider's thoughts and blocks stay away, its calls lose their ids and gain a signature, the first "
       "alone",
       {reply({chat::Thinking{"hm", "sig", false}, Native{"anthropic", R"({"type":"x"})"},
               ToolCall{"toolu_1", "Read", "{}", "sig"}, ToolCall{"toolu_2", "7 grep", R"({"broken)", ""}},
              "anthropic"),
        ToolMessage{{result("toolu_1", "x"), result("toolu_2", "y")}}},
       std::string(R"([{"role":"model","parts":[{"functionCall":{"name":"Read","args":{}},)") + foreign +
           R"(},{"functionCall":{"name":"_7_grep","args":{"INVALID_JSON":"{\"broken"}}}]},)"
           R"({"role":"user","parts":[{"functionResponse":{"name":"Read","response":{"output":"x"}}},)"
           R"({"functionResponse":{"name":"_7_grep","response":{"output":"y"}}}]}])"},
      {"a reply that has nothing for this API is no message",
       {reply({chat::Thinking{"hm", "sig", false}}, "anthropic"), UserMessage{{Text{"more"}}}},
       "[]"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.about);
    CHECK(sent_after_prompt(c.messages) == c.sent);
  }
}

TEST_CASE("gemini: models before the third generation want no signature", "[provider][gemini]") {
  const auto sent = sent_after_prompt(
      {reply({ToolCall{"toolu_1", "Read", "{}", ""}}, "anthropic"), ToolMessage{{result("toolu_1", "x")}}},
      "gemini-2.5-flash");
  CHECK(sent.find("thoughtSignature") == std::string::npos);
}

TEST_CASE("gemini: media goes inline, into a result where the model takes it there", "[provider][gemini]") {
  const ToolResult picture{"k1", {Text{"a.png"}, chat::Image{"image/png", "abc"}}, false};
  const ToolResult text{"k2", {chat::Document{"text/plain", "b.txt", "B"}, chat::Image{"image/gif", "abc"}}, false};
  const std::vector<chat::Message> messages = {
      reply({ToolCall{"k1", "Read", "{}", "s"}, ToolCall{"k2", "Read", "{}", ""}}), ToolMessage{{picture, text}}};
  const std::string unseen = "(an image of type image/gif, which can't be shown to this model)";
  const std::string data = R"({"inlineData":{"mimeType":"image/png","data":"YWJj"}})";
  const std::string first = R"({"functionResponse":{"id":"k1","name":"Read","response":{"output":"a.png"})";
  const std::string second =
      R"({"functionResponse":{"id":"k2","name":"Read","response":{"output":"b.txt:\nB\n)" + unseen + "\"}}}";
  const auto parts = [&](const std::string& model) {
    return Json::parse(sent_after_prompt(messages, model)).at(1).at("parts").dump();
  };
  CHECK(parts("gemini-3.5-flash") == "[" + first + R"(,"parts":[)" + data + "]}}," + second + "]");
  const auto note = Json({{"text", "(returned by the tools)"}}).dump();
  CHECK(parts("gemini-2.5-pro") == "[" + first + "}}," + second + "," + note + "," + data + "]");

  Asked asked;
  asked.history = {UserMessage{{Text{"see"}, chat::Image{"image/jpeg", "abc"}, chat::Image{"image/gif", "abc"},
                                chat::Document{"application/pdf", "a.pdf", "%PDF"},
                                chat::Document{"text/markdown", "b.md", "# B"}, Text{""}}}};
  CHECK(body_of(asked).at("contents").dump() ==
        R"([{"role":"user","parts":[{"text":"see"},{"inlineData":{"mimeType":"image/jpeg","data":"YWJj"}},)" +
            Json({{"text", unseen}}).dump() +
            R"(,{"inlineData":{"mimeType":"application/pdf","data":"JVBERg=="}},{"text":"b.md:\n# B"}]}])");
  CHECK(warnings_of(asked, "gemini-3-x") == std::vector<std::string>{"image_type_left_out"});
}

TEST_CASE("gemini: a turn's body is a prefix of the next one's", "[provider][gemini]") {
  auto asked = test::asked("list it");
  asked.tools = {{"Bash", "Runs a command", R"({"type":"object","additionalProperties":false})"}};
  const std::vector<chat::Message> all = {
      reply({Text{"I look."}, Native{"gemini", R"({"text":"I look.","thoughtSignature":"cw=="})"},
             ToolCall{"k1", "Bash", R"({"command": "ls"})", "c2ln"}}),
      ToolMessage{{result("k1", "a\nb")}},
      reply({ToolCall{"toolu_1", "Bash", "{}", ""}}, "anthropic"),
      ToolMessage{{result("toolu_1", "")}},
      reply({Text{"Two files."}}),
      UserMessage{{Text{"thanks"}}}};
  auto before = gemini_body(asked.request(), gemini_endpoint());
  CHECK(before ==
        R"({"systemInstruction":{"parts":[{"text":"Be brief."}]},"tools":[{"functionDeclarations":[{"name":"Bash",)"
        R"("description":"Runs a command","parametersJsonSchema":{"type":"object","additionalProperties":false}}]}],)"
        R"("generationConfig":{"thinkingConfig":{"includeThoughts":true}},)"
        R"("contents":[{"role":"user","parts":[{"text":"list it"}]}]})");
  for (const auto& message : all) {
    asked.history.push_back(message);
    const auto now = gemini_body(asked.request(), gemini_endpoint());
    before.resize(before.size() - 2);  // the end of the history, and of the body
    CHECK(now.starts_with(before));
    before = now;
  }
}

TEST_CASE("gemini: settings are said in each model's own way", "[provider][gemini]") {
  struct Case {
    const char* model;
    chat::ThinkingSettings thinking;
    const char* sent;
    std::vector<std::string> left_out;
  };
  const Case cases[] = {
      {"gemini-3.8-flash", {"", 0}, R"({"thinkingConfig":{"includeThoughts":true}})", {}},
      {"gemini-3.8-flash", {"minimal", 0}, R"({"thinkingConfig":{"thinkingLevel":"low","includeThoughts":true}})", {}},
      {"gemini-3.5-flash",
       {"minimal", 0},
       R"({"thinkingConfig":{"thinkingLevel":"minimal","includeThoughts":true}})",
       {}},
      {"gemini-3.5-flash",
       {"none", 0},
       R"({"thinkingConfig":{"thinkingLevel":"minimal"}})",
       {"thinking_effort_left_out"}},
      {"gemini-3-pro-preview",
       {"medium", 0},
       R"({"thinkingConfig":{"thinkingLevel":"high","includeThoughts":true}})",
       {}},
      {"gemini-3.1-pro-preview",
       {"medium", 0},
       R"({"thinkingConfig":{"thinkingLevel":"medium","includeThoughts":true}})",
       {}},
      {"gemini-4-argon", {"max", 0}, R"({"thinkingConfig":{"thinkingLevel":"high","includeThoughts":true}})", {}},
      {"gemini-pro-latest", {"", 3000}, R"({"thinkingConfig":{"thinkingLevel":"low","includeThoughts":true}})", {}},
      {"models/gemini-2.5-flash",
       {"low", 0},
       R"({"thinkingConfig":{"thinkingBudget":4096,"includeThoughts":true}})",
       {}},
      {"gemini-2.5-flash", {"none", 0}, R"({"thinkingConfig":{"thinkingBudget":0}})", {}},
      {"gemini-2.5-flash", {"", 1000000}, R"({"thinkingConfig":{"thinkingBudget":24576,"includeThoughts":true}})", {}},
      {"gemini-2.5-pro", {"none", 0}, R"({"thinkingConfig":{"thinkingBudget":128}})", {"thinking_effort_left_out"}},
      {"gemini-2.5-pro", {"max", 0}, R"({"thinkingConfig":{"thinkingBudget":32768,"includeThoughts":true}})", {}},
      {"gemini-2.5-flash-lite", {"", 0}, "{}", {}},
      {"gemini-2.5-flash-lite", {"", 1}, R"({"thinkingConfig":{"thinkingBudget":512,"includeThoughts":true}})", {}},
      {"gemini-2.0-flash", {"high", 0}, "{}", {"thinking_effort_left_out"}},
      {"gemini-2.5-flash-image", {"none", 0}, "{}", {}},
      {"gemma-4-31b-it", {"", 0}, "{}", {}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.model, c.thinking.effort, c.thinking.budget_tokens);
    auto asked = test::asked("hi");
    asked.thinking = c.thinking;
    CHECK(config_of(asked, c.model) == c.sent);
    CHECK(warnings_of(asked, c.model) == c.left_out);
  }

  auto asked = test::asked("hi");
  asked.generation = {0.7, 0.25, 100'000, {"a", "b", "c", "d", "e", "f"}, "any"};
  asked.output_schema = R"({"type":"object"})";
  CHECK(config_of(asked, "gemini-2.0-flash") ==
        R"({"temperature":0.7,"topP":0.25,"maxOutputTokens":64000,"stopSequences":["a","b","c","d","e"],)"
        R"("responseMimeType":"application/json","responseJsonSchema":{"type":"object"}})");
  CHECK(warnings_of(asked, "gemini-2.0-flash") == std::vector<std::string>{"stop_texts_beyond_5_left_out"});
  CHECK_FALSE(body_of(asked).contains("toolConfig"));
}

TEST_CASE("gemini: the choice of tools, and a schema beside them", "[provider][gemini]") {
  auto asked = test::asked("hi");
  asked.tools = {{"Bash", "Runs", R"({"type":"object"})"}};
  asked.output_schema = R"({"type":"object"})";
  const auto tool_config = [&](std::string choice) {
    asked.generation.tool_choice = std::move(choice);
    return body_of(asked).value("toolConfig", Json()).dump();
  };
  CHECK(tool_config("") == "null");
  CHECK(tool_config("auto") == "null");
  CHECK(tool_config("none") == R"({"functionCallingConfig":{"mode":"NONE"}})");
  CHECK(tool_config("any") == R"({"functionCallingConfig":{"mode":"ANY"}})");
  CHECK(tool_config("Bash") == R"({"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["Bash"]}})");
  // "Function calling with a response mime type: 'application/json' is unsupported" says an older model.
  CHECK(body_of(asked, "gemini-3-x").at("generationConfig").contains("responseJsonSchema"));
  CHECK_FALSE(body_of(asked, "gemini-2.5-pro").at("generationConfig").contains("responseJsonSchema"));
  CHECK(warnings_of(asked, "gemini-3-x").empty());
  CHECK(warnings_of(asked, "gemini-2.5-pro") == std::vector<std::string>{"output_schema_beside_tools_left_out"});
}

TEST_CASE("gemini: where requests go, and the key in a header alone", "[provider][gemini]") {
  const auto codec = make_gemini_codec();
  const auto asked = test::asked("hi");
  const auto url = [&](const std::string& base, const std::string& model) {
    return codec->encode(asked.request(), endpoint_of(model, base)).url;
  };
  const std::string google = "https://generativelanguage.googleapis.com";
  const std::string stream = ":streamGenerateContent?alt=sse";
  CHECK(url(google, "gemini-x") == google + "/v1beta/models/gemini-x" + stream);
  CHECK(url(google + "/", "models/gemini-x") == google + "/v1beta/models/gemini-x" + stream);
  CHECK(url(google + "/v1", "tunedModels/a b") == google + "/v1/tunedModels/a%20b" + stream);
  CHECK(url(google + "/v1beta1/", "x") == google + "/v1beta1/models/x" + stream);
  CHECK(url("http://vertex/v1/projects/p/publishers/google", "x") ==
        "http://vertex/v1/projects/p/publishers/google/models/x" + stream);
  CHECK(url("http://v1/gateway?team=7", "../x/ä?k=#") ==
        "http://v1/gateway/v1beta/models/..%2Fx%2F%C3%A4%3Fk%3D%23:streamGenerateContent?team=7&alt=sse");

  const auto sent = codec->encode(asked.request(), gemini_endpoint());
  CHECK(sent.url.find("AIza") == std::string::npos);
  const auto key = std::ranges::find(sent.headers, std::string("x-goog-api-key"), &http::Header::name);
  REQUIRE(key != sent.headers.end());
  CHECK(key->value == "AIza-secret-3");
  auto open = gemini_endpoint();
  open.provider.key.clear();
  for (const auto& header : codec->encode(asked.request(), open).headers) CHECK(header.name != "x-goog-api-key");
}

TEST_CASE("gemini: tokens are counted by the API", "[provider][gemini]") {
  const auto codec = make_gemini_codec();
  auto asked = test::asked("hi");
  asked.generation.temperature = 0.5;
  const auto google = codec->encode_count(asked.request(), endpoint_of("gemini-2.0-flash"));
  REQUIRE(google);
  CHECK(google->url == "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.0-flash:countTokens");
  const std::string body =
      R"("systemInstruction":{"parts":[{"text":"Be brief."}]},"contents":[{"role":"user","parts":[{"text":"hi"}]}]})";
  CHECK(google->body == R"({"generateContentRequest":{"model":"models/gemini-2.0-flash",)" + body + "}");
  const auto vertex =
      codec->encode_count(asked.request(), endpoint_of("gemini-2.0-flash", "https://v/v1/publishers/google"));
  REQUIRE(vertex);
  CHECK(vertex->body == "{" + body);

  CHECK(codec->read_count(R"({"totalTokens": 31, "promptTokensDetails": []})") == 31);
  CHECK(codec->read_count(R"({"totalTokens": 0})") == 0);
  for (const char* none :
       {"", "[]", "31", R"({"error":{"code":404}})", R"({"totalTokens":"31"})", R"({"totalTokens":-1})"})
    CHECK(codec->read_count(none) == std::nullopt);
}

namespace {

using Sorted = nlohmann::json;  // the order of keys has no meaning here

// Schemas as JSON Schema writes them: types in lower case, without titles.
Sorted plain_schema(const Json& schema) {
  if (!schema.is_object()) return Sorted::parse(schema.dump());
  auto out = Sorted::object();
  for (const auto& [key, value] : schema.items()) {
    if (key == "properties") {
      out[key] = Sorted::object();
      for (const auto& [name, property] : value.items()) out[key][name] = plain_schema(property);
    } else {
      out[key] = key == "type" ? Sorted(text::lower(value.get<std::string>())) : plain_schema(value);
    }
  }
  return out;
}

// What a request says, without what says nothing: nulls, the only candidate mode, a system prompt's role.
Sorted plain_request(const Json& request) {
  Sorted out = {{"contents", Sorted::parse(request.at("contents").dump())}};
  if (request.contains("systemInstruction")) {
    out["system"] = Sorted::parse(request.at("systemInstruction").at("parts").dump());
  }
  for (const auto& tool : request.value("tools", Json::array())) {
    for (const auto& function : tool.at("functionDeclarations")) {
      const auto* key = function.contains("parametersJsonSchema") ? "parametersJsonSchema" : "parameters";
      const auto description = function.value("description", Json());
      out["tools"].push_back({{"name", function.at("name")},
                              {"description", description.is_null() ? "" : description.get<std::string>()},
                              {"schema", plain_schema(function.at(key))}});
    }
  }
  for (auto& content : out["contents"]) {
    for (auto& part : content["parts"]) {
      auto* response = part.contains("functionResponse") ? &part["functionResponse"]["response"] : nullptr;
      // The documentation's own name for a result that went well.
      if (response != nullptr && response->contains("result")) *response = {{"output", response->at("result")}};
    }
  }
  return out;
}

AssistantMessage model_message(const Json& parts) {
  AssistantMessage out;
  for (const auto& part : parts) {
    const auto signature = part.value("thoughtSignature", "");
    if (part.contains("functionCall")) {
      const auto& call = part.at("functionCall");
      out.content.emplace_back(ToolCall{call.value("id", ""), call.at("name"), call.at("args").dump(), signature});
    } else {
      out.content.emplace_back(Text{part.at("text")});
    }
  }
  return out;
}

chat::Message user_message(const Json& parts) {
  ToolMessage results;
  UserMessage user;
  for (const auto& part : parts) {
    if (part.contains("text")) {
      user.content.emplace_back(Text{part.at("text")});
      continue;
    }
    const auto& response = part.at("functionResponse");
    results.results.push_back(result(response.at("id"), response.at("response").at("result")));
  }
  if (results.results.empty()) return user;
  return results;
}

Asked asked_as(const Json& request) {
  Asked out;
  if (request.contains("systemInstruction")) out.system = request.at("systemInstruction").at("parts").at(0).at("text");
  for (const auto& tool : request.value("tools", Json::array())) {
    for (const auto& function : tool.at("functionDeclarations")) {
      const auto description = function.value("description", Json());
      out.tools.push_back({function.at("name"), description.is_null() ? "" : description.get<std::string>(),
                           function.at("parameters").dump()});
    }
  }
  for (const auto& content : request.at("contents")) {
    if (content.at("role") == "model") {
      out.history.emplace_back(model_message(content.at("parts")));
    } else {
      out.history.push_back(user_message(content.at("parts")));
    }
  }
  return out;
}

}  // namespace

TEST_CASE("recorded requests: Gemini's are written again as they were meant", "[provider][recordings]") {
  const auto root = recordings();
  if (!root) {
    WARN("SKIPPED: no recordings (set ERRAND_FIXTURES to the directory that holds wire/)");
    return;
  }
  std::size_t compared = 0;
  for (const auto& file : std::filesystem::directory_iterator(*root + "/gemini")) {
    const auto name = file.path().filename().string();
    if (!name.ends_with(".request.json")) continue;
    CAPTURE(name);
    const auto theirs = Json::parse(read_file(file.path()));
    const auto asked = asked_as(theirs);
    CHECK(plain_request(body_of(asked, "gemini-2.5-flash")) == plain_request(theirs));
    ++compared;
  }
  CHECK(compared >= 15);
}

}  // namespace errand::provider::test
