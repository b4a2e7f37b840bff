#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "chat/codec.hpp"
#include "provider/anthropic.hpp"
#include "provider/assembler.hpp"
#include "provider/gemini.hpp"
#include "unit/provider/support.hpp"

// Every recorded reply, against the outcome that the official SDKs made of it.

namespace errand::provider::test {

namespace {

using chat::StopReason;

struct Recording {
  std::string name;
  Json entry;
  std::string body;
};

std::vector<Recording> load(const std::string& api) {
  std::vector<Recording> out;
  const auto root = recordings();
  if (!root) return out;
  for (const char* folder : {"anthropic", "azure",         "deepseek",         "gemini",     "gpustack",
                             "groq",      "litellm-proxy", "llamacpp",         "lmstudio",   "mistral",
                             "ollama",    "openai-chat",   "openai-responses", "openrouter", "perplexity",
                             "snowflake", "together",      "vercel-gateway",   "vllm",       "xai",
                             "zai"}) {
    const auto index = Json::parse(read_file(*root + "/" + folder + "/index.json"));
    for (const auto& entry : index.is_array() ? index : index.at("entries")) {
      if (entry.at("api") != api) continue;
      const auto name = std::string(folder) + "/" + entry.at("file").get<std::string>();
      out.push_back({name, entry, read_file(*root + "/" + name)});
    }
  }
  return out;
}

http::ResponseHead head_of(const Json& entry) {
  http::ResponseHead head{entry.at("status").get<int>(), {}};
  for (const auto& [name, value] : entry.at("response_headers").items()) {
    if (value.is_string()) head.headers.push_back({name, value.get<std::string>()});
  }
  return head;
}

std::string joined_thinking(const chat::AssistantMessage& message) {
  std::string out;
  for (const auto& block : message.content) {
    if (const auto* thinking = std::get_if<chat::Thinking>(&block)) out += thinking->text;
  }
  return out;
}

// The types of the blocks as the wire named them; a cited text is one block.
std::vector<std::string> block_types(const chat::AssistantMessage& message) {
  std::vector<std::string> out;
  for (const auto& block : message.content) {
    if (std::holds_alternative<chat::Text>(block)) out.emplace_back("text");
    if (std::holds_alternative<chat::ToolCall>(block)) out.emplace_back("tool_use");
    if (const auto* thinking = std::get_if<chat::Thinking>(&block)) {
      out.emplace_back(thinking->redacted ? "redacted_thinking" : "thinking");
    }
    const auto* native = std::get_if<chat::Native>(&block);
    if (native != nullptr && !native->json.starts_with(cited_text_prefix))
      out.push_back(Json::parse(native->json).at("type"));
  }
  return out;
}

std::vector<std::size_t> signature_lengths(const chat::AssistantMessage& message) {
  std::vector<std::size_t> out;
  for (const auto& block : message.content) {
    const auto* thinking = std::get_if<chat::Thinking>(&block);
    if (thinking != nullptr && !thinking->redacted && !thinking->signature.empty())
      out.push_back(thinking->signature.size());
  }
  return out;
}

std::string string_of(const Json& json, const char* key) {
  return json.contains(key) && json.at(key).is_string() ? json.at(key).get<std::string>() : "";
}

std::int64_t count_of(const Json& usage, const char* key) {
  return usage.is_object() && usage.contains(key) && usage.at(key).is_number() ? usage.at(key).get<std::int64_t>() : 0;
}

void check_calls(const std::vector<chat::ToolCall>& calls, const Json& expected) {
  REQUIRE(calls.size() == expected.size());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    CHECK(calls[i].id == expected[i].at("id"));
    CHECK(calls[i].name == expected[i].at("name"));
    if (expected[i].contains("custom_input")) {
      CHECK(calls[i].arguments == expected[i].at("custom_input"));
      continue;
    }
    CHECK(chat::parse_arguments(calls[i].arguments) == expected[i].at("arguments"));
    if (expected[i].contains("arguments_raw") && expected[i].at("arguments_raw").is_string()) {
      CHECK(calls[i].arguments == expected[i].at("arguments_raw"));
    }
  }
}

StopReason expected_stop(const Json& expected) {
  const auto wire = string_of(expected, "stop_reason");
  if (!string_of(expected, "refusal").empty() || wire == "refusal" || wire == "content_filter")
    return StopReason::refusal;
  if (wire == "length" || wire == "max_tokens") return StopReason::max_tokens;
  if (wire == "incomplete") {
    const auto reason = string_of(expected.at("incomplete_details"), "reason");
    return reason == "content_filter" ? StopReason::refusal : StopReason::max_tokens;
  }
  if (wire == "stop_sequence") return StopReason::stop_sequence;
  if (wire == "pause_turn") return StopReason::pause_turn;
  return wire == "tool_use" || !expected.at("tool_calls").empty() ? StopReason::tool_use : StopReason::end_turn;
}

void check_message(const Decoded& decoded, const Json& expected) {
  const auto& message = decoded.message;
  CHECK(decoded.error == std::nullopt);
  CHECK(message.text() == string_of(expected, "text") + string_of(expected, "refusal"));
  CHECK(joined_thinking(message) == string_of(expected, "thinking") + string_of(expected, "reasoning_text"));
  CHECK(message.model == string_of(expected, "response_model"));
  CHECK(message.stop == expected_stop(expected));
  const bool unfinished_call = expected.value("tool_json_incomplete", false);
  check_calls(message.tool_calls(), unfinished_call ? Json::array() : expected.at("tool_calls"));
}

void check_error(const Decoded& decoded, const Json& entry) {
  REQUIRE(decoded.error);
  const auto status = entry.at("status").get<int>();
  const auto& error = *decoded.error;
  CAPTURE(error.message);
  CHECK(error.message.find("(HTTP " + std::to_string(status) + ")") != std::string::npos);
  CHECK(error.retryable == (status == 429 || status >= 500));
  const auto said = string_of(entry.at("expected").at("error").value("body_error", Json::object()), "message");
  if (status == 401) CHECK(error.kind == ErrorKind::auth);
  if (status == 404) CHECK(error.kind == ErrorKind::config);
  if (status == 429 || status >= 500) CHECK(error.kind == ErrorKind::unavailable);
  if (said.find("context length") != std::string::npos) CHECK(error.kind == ErrorKind::limit);
  if (status == 400 && error.kind == ErrorKind::failure) {
    CHECK(error.message.find(said.substr(0, 40)) != std::string::npos);
  }
}

// A body as it may arrive.
struct Arrival {
  std::string how;
  std::vector<std::string> chunks;
};

std::vector<Arrival> arrivals_of(const std::string& body) {
  std::vector<Arrival> out = {{"whole", chunks_of(body, Chunking::whole)},
                              {"by line", chunks_of(body, Chunking::lines)},
                              {"by byte", chunks_of(body, Chunking::bytes)},
                              {"in random pieces", chunks_of(body, Chunking::random)}};
  const auto end = body.find_last_not_of("\r\n") + 1;
  out.push_back({"without the last blank line", chunks_of(body.substr(0, end), Chunking::random)});
  return out;
}

template <class CheckMessage>
void check_recording(const Codec& codec, const Endpoint& endpoint, const Recording& recording, const Arrival& arrival,
                     const CheckMessage& check) {
  CAPTURE(recording.name, arrival.how);
  const auto decoded = decode(codec, endpoint, head_of(recording.entry), arrival.chunks);
  const auto& expected = recording.entry.at("expected");
  const auto outcome = expected.at("outcome");
  if (outcome == "http_error") return check_error(decoded, recording.entry);
  if (outcome == "error_mid_stream") {
    REQUIRE(decoded.error);
    const auto partial = expected.value("partial", Json());
    CHECK(decoded.message.text() == (partial.is_object() ? string_of(partial, "text") : ""));
    CHECK(joined_thinking(decoded.message) == (partial.is_object() ? string_of(partial, "thinking") : ""));
    return;
  }
  REQUIRE((outcome == "message" || outcome == "incomplete"));
  check(decoded, expected);
}

// The types of a response's items, as they are kept: thinking stands in the reasoning item, a `phase` with its message.
std::vector<std::string> item_types(const chat::AssistantMessage& message) {
  std::vector<std::string> out;
  for (const auto& block : message.content) {
    if (std::holds_alternative<chat::Text>(block)) out.emplace_back("message");
    if (std::holds_alternative<chat::ToolCall>(block)) out.emplace_back("call");
    const auto* native = std::get_if<chat::Native>(&block);
    const auto type = native == nullptr ? "" : string_of(Json::parse(native->json), "type");
    if (!type.empty() && type != "message") out.push_back(type);
  }
  return out;
}

std::vector<std::string> expected_items(const Json& expected) {
  std::vector<std::string> out;
  for (const auto& block : expected.at("blocks")) {
    const auto type = block.get<std::string>();
    const bool call = type == "function_call" || type == "custom_tool_call";
    if (type != "message" || expected.at("text") != "") out.push_back(call ? "call" : type);
  }
  return out;
}

std::size_t encrypted_items(const chat::AssistantMessage& message) {
  return static_cast<std::size_t>(std::ranges::count_if(message.content, [](const chat::AssistantBlock& block) {
    const auto* native = std::get_if<chat::Native>(&block);
    return native != nullptr && !string_of(Json::parse(native->json), "encrypted_content").empty();
  }));
}

void skip_without_recordings(const std::vector<Recording>& all) {
  if (all.empty()) WARN("SKIPPED: no recordings (set ERRAND_FIXTURES to the directory that holds wire/)");
}

}  // namespace

TEST_CASE("recordings: every Anthropic reply decodes to its outcome, however it is cut", "[provider][recordings]") {
  const auto all = load("anthropic.messages");
  skip_without_recordings(all);
  const auto codec = make_anthropic_codec();
  for (const auto& recording : all) {
    for (const auto& arrival : arrivals_of(recording.body)) {
      check_recording(
          *codec, anthropic_endpoint(), recording, arrival, [](const Decoded& decoded, const Json& expected) {
            check_message(decoded, expected);
            const auto& usage = expected.at("usage");
            const auto reasoning = expected.at("usage_raw").value("output_tokens_details", Json::object());
            CHECK(decoded.message.usage == chat::Usage{count_of(usage, "input_tokens"),
                                                       count_of(usage, "output_tokens"), count_of(usage, "cache_read"),
                                                       count_of(usage, "cache_creation"),
                                                       count_of(reasoning, "thinking_tokens")});
            auto blocks = expected.at("blocks").get<std::vector<std::string>>();
            // Blocks of text that stayed empty, and the call whose input did not arrive whole, are not kept.
            if (expected.at("text") == "") std::erase(blocks, "text");
            if (expected.value("tool_json_incomplete", false)) blocks.pop_back();
            CHECK(block_types(decoded.message) == blocks);
            CHECK(signature_lengths(decoded.message) == expected.at("signatures").get<std::vector<std::size_t>>());
          });
    }
  }
}

TEST_CASE("recordings: every Chat Completions reply decodes to its outcome, however it is cut",
          "[provider][recordings]") {
  const auto all = load("openai.chat");
  skip_without_recordings(all);
  const auto codec = make_openai_chat_codec();
  for (const auto& recording : all) {
    for (const auto& arrival : arrivals_of(recording.body)) {
      check_recording(*codec, openai_endpoint(), recording, arrival, [&](const Decoded& decoded, const Json& expected) {
        if (recording.name == "gpustack/qwen3-thinking-error.sse") {
          // The server's error came in a form that is no event; the official client takes the cut text for an
          // answer.
          REQUIRE(decoded.error);
          CHECK(decoded.error->retryable);
          CHECK(decoded.message.text() == string_of(expected, "text"));
          return;
        }
        check_message(decoded, expected);
        const auto& usage = expected.at("usage");
        const auto cached = count_of(usage, "cache_read") + count_of(usage, "cache_creation");
        CHECK(decoded.message.usage.input == count_of(usage, "input_tokens") - cached);
        CHECK(decoded.message.usage.cache_read == count_of(usage, "cache_read"));
        CHECK(decoded.message.usage.cache_write == count_of(usage, "cache_creation"));
        const auto output = count_of(usage, "output_tokens");
        const auto reasoning = count_of(usage, "reasoning");
        const auto total = count_of(expected.at("usage_raw"), "total_tokens");
        const bool beside = reasoning > output || total == count_of(usage, "input_tokens") + output + reasoning;
        CHECK(decoded.message.usage.output == output + (beside ? reasoning : 0));
        CHECK(decoded.message.usage.reasoning == reasoning);
      });
    }
  }
}

namespace {

// The kinds of the parts as the wire named them, joined where the wire cut a text.
std::vector<std::string> part_kinds(const chat::AssistantMessage& message) {
  std::vector<std::string> out;
  for (const auto& block : message.content) {
    if (std::holds_alternative<chat::Text>(block)) out.emplace_back("text");
    if (std::holds_alternative<chat::Thinking>(block)) out.emplace_back("thought");
    if (std::holds_alternative<chat::ToolCall>(block)) out.emplace_back("functionCall");
    const auto* native = std::get_if<chat::Native>(&block);
    if (native == nullptr || native->json.starts_with(grounding_prefix)) continue;
    const auto key = Json::parse(native->json).begin().key();
    if (key != "text" || out.empty() || out.back() != "text") out.push_back(key);
  }
  return out;
}

std::vector<std::size_t> thought_signatures(const chat::AssistantMessage& message) {
  std::vector<std::size_t> out;
  for (const auto& block : message.content) {
    if (const auto* call = std::get_if<chat::ToolCall>(&block); call != nullptr && !call->signature.empty()) {
      out.push_back(call->signature.size());
    }
    const auto* native = std::get_if<chat::Native>(&block);
    if (native == nullptr) continue;
    const auto json = Json::parse(native->json);
    if (json.contains("thoughtSignature")) out.push_back(json.at("thoughtSignature").get<std::string>().size());
  }
  return out;
}

StopReason expected_gemini_stop(const Json& expected, std::size_t calls) {
  const auto wire = string_of(expected, "stop_reason");
  if (wire.empty() || wire == "SAFETY" || wire == "RECITATION") return StopReason::refusal;  // or a blocked prompt
  if (wire == "MAX_TOKENS") return StopReason::max_tokens;
  return calls > 0 ? StopReason::tool_use : StopReason::end_turn;
}

void check_gemini_calls(const std::vector<chat::ToolCall>& calls, const Json& expected) {
  REQUIRE(calls.size() == expected.size());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto id = string_of(expected[i], "id");
    if (id.empty()) {
      CHECK(is_made_up_call_id(calls[i].id));
    } else {
      CHECK(calls[i].id == id);
    }
    CHECK(calls[i].name == expected[i].at("name"));
    if (expected[i].contains("custom_input")) {
      CHECK(calls[i].arguments == expected[i].at("custom_input"));
      continue;
    }
    CHECK(chat::parse_arguments(calls[i].arguments) == expected[i].at("arguments"));
    if (expected[i].contains("signature_len")) CHECK(calls[i].signature.size() == expected[i].at("signature_len"));
  }
}

void check_gemini_usage(const chat::Usage& usage, const Json& expected) {
  const auto& told = expected.at("usage");
  const auto tool = count_of(expected.at("usage_raw"), "toolUsePromptTokenCount");
  const auto cached = count_of(told, "cache_read");
  const auto reasoning = count_of(told, "reasoning");
  CHECK(usage == chat::Usage{count_of(told, "input_tokens") - cached + tool,
                             count_of(told, "output_tokens") + reasoning, cached, 0, reasoning, tool});
  if (const auto total = count_of(told, "total"); total > 0) CHECK(usage.total() == total);
}

void check_gemini(const Decoded& decoded, const Json& expected) {
  const auto& message = decoded.message;
  CHECK(message.text() == string_of(expected, "text"));
  CHECK(joined_thinking(message) == string_of(expected, "thinking") + string_of(expected, "reasoning_text"));
  CHECK(message.model == string_of(expected, "response_model"));
  check_gemini_usage(message.usage, expected);
  const bool streamed = expected.contains("tool_calls_from_partial_args");
  const auto& calls = expected.at(streamed ? "tool_calls_from_partial_args" : "tool_calls");
  CHECK(decoded.error == std::nullopt);
  check_gemini_calls(message.tool_calls(), calls);
  CHECK(message.stop == expected_gemini_stop(expected, calls.size()));
  CHECK(thought_signatures(message).size() == expected.value("thought_signatures", std::size_t{1}));
  if (streamed) return;
  auto kinds = expected.at("blocks").get<std::vector<std::string>>();
  auto ours = part_kinds(message);
  // An empty text part is kept only for the signature on it.
  if (ours.size() + 1 == kinds.size() && kinds.back() == "text") kinds.pop_back();
  CHECK(ours == kinds);
}

}  // namespace

TEST_CASE("recordings: every Gemini reply decodes to its outcome, however it is cut", "[provider][recordings]") {
  const auto all = load("gemini.generateContent");
  skip_without_recordings(all);
  const auto codec = make_gemini_codec();
  for (const auto& recording : all) {
    const auto& expected = recording.entry.at("expected");
    for (const auto& arrival : arrivals_of(recording.body)) {
      if (expected.at("outcome") != "blocked") {
        check_recording(*codec, gemini_endpoint(), recording, arrival, check_gemini);
        continue;
      }
      CAPTURE(recording.name, arrival.how);
      check_gemini(decode(*codec, gemini_endpoint(), head_of(recording.entry), arrival.chunks), expected);
    }
  }
}

TEST_CASE("recordings: every Responses reply decodes to its outcome, however it is cut", "[provider][recordings]") {
  const auto all = load("openai.responses");
  skip_without_recordings(all);
  const auto codec = make_openai_responses_codec();
  for (const auto& recording : all) {
    for (const auto& arrival : arrivals_of(recording.body)) {
      check_recording(
          *codec, responses_endpoint(), recording, arrival, [](const Decoded& decoded, const Json& expected) {
            check_message(decoded, expected);
            CHECK(item_types(decoded.message) == expected_items(expected));
            CHECK(encrypted_items(decoded.message) == expected.value("encrypted_reasoning", std::size_t{0}));
            const auto& usage = expected.at("usage");
            const auto cached = count_of(usage, "cache_read") + count_of(usage, "cache_creation");
            CHECK(decoded.message.usage == chat::Usage{count_of(usage, "input_tokens") - cached,
                                                       count_of(usage, "output_tokens"), count_of(usage, "cache_read"),
                                                       count_of(usage, "cache_creation"),
                                                       count_of(usage, "reasoning")});
          });
    }
  }
}

}  // namespace errand::provider::test
