#include "support/e2e_gemini.hpp"

#include <fmt/format.h>

namespace errand::test::e2e {

namespace {

std::string id_of(const Json& call_or_result, std::size_t place) {
  const auto id = call_or_result.value("id", "");
  return id.empty() ? fmt::format("{}#{}", call_or_result.at("name").get<std::string>(), place) : id;
}

void add_part(SeenMessage& message, const Json& part) {
  if (const auto call = part.find("functionCall"); call != part.end()) {
    message.types.emplace_back("tool_use");
    message.calls.push_back({id_of(*call, message.calls.size()), call->at("name").get<std::string>(),
                             call->at("args").dump(), part.value("thoughtSignature", "")});
  } else if (const auto result = part.find("functionResponse"); result != part.end()) {
    const auto& response = result->at("response");
    const bool is_error = response.contains("error");
    message.types.emplace_back("tool_result");
    message.results.push_back({id_of(*result, message.results.size()),
                               response.at(is_error ? "error" : "output").get<std::string>(), is_error});
  } else {
    message.types.emplace_back(part.contains("text") ? "text" : part.begin().key());
    if (part.contains("text")) message.texts.push_back(part.at("text").get<std::string>());
  }
}

class GeminiEncoder {
 public:
  Stream encode(const ReplyParts& parts) {
    for (const auto& text : parts.thinking) push({{"text", text}, {"thought", true}});
    for (const auto& text : parts.text) push({{"text", text}});
    out_.points["text"] = out_.pieces.size();
    for (const auto& call : parts.calls) add_call(call);
    out_.points["end"] = out_.pieces.size();
    auto last = chunk({{"text", ""}});
    last["candidates"][0]["finishReason"] = finish_reason(parts.stop_reason);
    const auto at = [&](const char* key) { return parts.usage.at(key).get<int>(); };
    last["usageMetadata"] = {{"promptTokenCount", at("input") + at("cache_read")},
                             {"cachedContentTokenCount", at("cache_read")},
                             {"candidatesTokenCount", at("output")}};
    push_chunk(last);
    return std::move(out_);
  }

 private:
  static std::string finish_reason(const std::string& stop_reason) {
    if (stop_reason == "max_tokens") return "MAX_TOKENS";
    return stop_reason == "refusal" ? "SAFETY" : "STOP";
  }

  static Json chunk(const Json& part) {
    return {
        {"candidates", Json::array({{{"content", {{"parts", Json::array({part})}, {"role", "model"}}}, {"index", 0}}})},
        {"modelVersion", "test-model"}};
  }

  void push_chunk(const Json& chunk) { out_.pieces.push_back(fmt::format("data: {}\r\n\r\n", chunk.dump())); }
  void push(const Json& part) { push_chunk(chunk(part)); }

  // Calls come whole: what is cut within one lacks it.
  void add_call(const SeenMessage::Call& call) {
    out_.points.try_emplace("call", out_.pieces.size());
    Json part = {{"functionCall", {{"name", call.name}, {"args", Json::parse(call.arguments)}}}};
    if (!call.id.empty()) part["functionCall"]["id"] = call.id;
    if (!call.signature.empty()) part["thoughtSignature"] = call.signature;
    push(part);
  }

  Stream out_;
};

}  // namespace

SeenRequest decode_gemini(const Json& body) {
  SeenRequest out;
  if (const auto system = body.find("systemInstruction"); system != body.end()) {
    for (const auto& part : system->at("parts")) out.system += part.at("text").get<std::string>();
  }
  for (const auto& tool : body.value("tools", Json::array())) {
    for (const auto& function : tool.at("functionDeclarations")) {
      out.tools.push_back(function.at("name").get<std::string>());
    }
  }
  for (const auto& content : body.at("contents")) {
    SeenMessage seen{.role = content.at("role") == "model" ? "assistant" : content.at("role").get<std::string>(),
                     .texts = {},
                     .calls = {},
                     .results = {},
                     .types = {}};
    for (const auto& part : content.at("parts")) add_part(seen, part);
    out.messages.push_back(std::move(seen));
  }
  return out;
}

Stream encode_gemini(const ReplyParts& parts) {
  return GeminiEncoder().encode(parts);
}

}  // namespace errand::test::e2e
