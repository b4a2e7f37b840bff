#include <algorithm>
#include <cctype>
#include <map>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "base/overloaded.hpp"
#include "base/text.hpp"
#include "chat/codec.hpp"
#include "provider/address.hpp"
#include "provider/assembler.hpp"
#include "provider/gemini.hpp"
#include "provider/gemini_settings.hpp"
#include "provider/json_text.hpp"
#include "provider/wire_value.hpp"

namespace errand::provider {

namespace {

// What Google documents for calls that its models did not make: a conversation begun with another model, or with an
// older one (https://ai.google.dev/gemini-api/docs/thought-signatures).
constexpr std::string_view foreign_signature = "skip_thought_signature_validator";

enum class Role { user, model };

struct Content {
  Role role = Role::user;
  std::vector<std::string> parts;  // each a JSON object
};

// A function's name has to begin with a letter or an underscore.
std::string function_name(std::string_view name) {
  const auto plain = plain_name(name);
  const bool begins_well = std::isalpha(static_cast<unsigned char>(plain.front())) != 0 || plain.front() == '_';
  return begins_well ? plain : "_" + plain.substr(0, 63);
}

std::string text_part(std::string_view text) {
  std::string out;
  JsonWriter(out).begin_object().field("text", text).end_object();
  return out;
}

std::string data_part(std::string_view media_type, std::string_view bytes) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("inlineData").begin_object().field("mimeType", media_type);
  json.field("data", chat::base64_encode(bytes)).end_object().end_object();
  return out;
}

// A document that is text is sent as text; an image that the API would refuse is only named.
std::string text_of(const chat::Text& block) {
  return block.text;
}
std::string text_of(const chat::Image& block) {
  if (gemini_takes_image(block.media_type)) return {};
  return fmt::format("(an image of type {}, which can't be shown to this model)", block.media_type);
}
std::string text_of(const chat::Document& block) {
  return block.media_type.starts_with("text/") ? block.name + ":\n" + block.bytes : std::string();
}

std::string media_of(const chat::Text&) {
  return {};
}
std::string media_of(const chat::Image& block) {
  return gemini_takes_image(block.media_type) ? data_part(block.media_type, block.bytes) : std::string();
}
std::string media_of(const chat::Document& block) {
  return block.media_type.starts_with("text/") ? std::string() : data_part(block.media_type, block.bytes);
}

std::vector<std::string> user_parts(const std::vector<chat::UserBlock>& content) {
  std::vector<std::string> out;
  for (const auto& block : content) {
    auto media = std::visit([](const auto& b) { return media_of(b); }, block);
    const auto text = std::visit([](const auto& b) { return text_of(b); }, block);
    if (!media.empty()) out.push_back(std::move(media));
    if (!text.empty()) out.push_back(text_part(text));
  }
  return out;
}

std::vector<std::string> media_parts(const std::vector<chat::UserBlock>& content) {
  std::vector<std::string> out;
  for (const auto& block : content) {
    if (auto media = std::visit([](const auto& b) { return media_of(b); }, block); !media.empty()) {
      out.push_back(std::move(media));
    }
  }
  return out;
}

std::string joined_text(const std::vector<chat::UserBlock>& content) {
  std::vector<std::string> texts;
  for (const auto& block : content) {
    auto text = std::visit([](const auto& b) { return text_of(b); }, block);
    if (!text.empty()) texts.push_back(std::move(text));
  }
  return text::join(texts, "\n");
}

// The conversation as this API wants it: roles take turns, the results of a reply stand together in the message after
// it, parts go back as they came.
class History {
 public:
  explicit History(const Endpoint& endpoint)
      : provider_(endpoint.provider.name), third_generation_(is_gemini_3(endpoint.model.id)) {}

  std::vector<Content> contents(const std::vector<chat::Message>& history) {
    for (const auto& message : history) {
      std::visit(overloaded{
                     [&](const chat::UserMessage& m) { add(Role::user, user_parts(m.content)); },
                     [&](const chat::AssistantMessage& m) { add(Role::model, model_parts(m)); },
                     [&](const chat::ToolMessage& m) { add(Role::user, result_parts(m)); },
                 },
                 message);
    }
    return std::move(out_);
  }

 private:
  struct SentCall {
    std::string name;
    std::string id;  ///< empty: sent without
  };

  void add(Role role, std::vector<std::string> parts) {
    if (parts.empty()) return;
    if (out_.empty() || out_.back().role != role) out_.push_back({role, {}});
    auto& held = out_.back().parts;
    held.insert(held.end(), std::make_move_iterator(parts.begin()), std::make_move_iterator(parts.end()));
  }

  std::vector<std::string> model_parts(const chat::AssistantMessage& message);
  std::string call_part(const chat::ToolCall& call, bool own);
  std::vector<std::string> result_parts(const chat::ToolMessage& message) const;
  [[nodiscard]] std::string result_part(const chat::ToolResult& result) const;

  std::string provider_;
  bool third_generation_;
  std::map<std::string, SentCall> calls_;  // of the last reply, by our id
  std::vector<Content> out_;
};

std::string thought_part(const chat::Thinking& block) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("text", block.text).key("thought").raw("true");
  json.field("thoughtSignature", block.signature).end_object();
  return out;
}

// Whether `native` is `text` with its signature.
bool stands_for(const chat::Native& native, const chat::AssistantBlock* before) {
  const auto* text = before == nullptr ? nullptr : std::get_if<chat::Text>(before);
  return text != nullptr && native.json.starts_with(signed_text_prefix(text->text) + ",");
}

std::vector<std::string> History::model_parts(const chat::AssistantMessage& message) {
  const bool own = message.provider.empty() || message.provider == provider_;
  calls_.clear();
  std::vector<std::string> out;
  const chat::AssistantBlock* before = nullptr;
  for (const auto& block : message.content) {
    std::visit(overloaded{
                   [&](const chat::Text& b) {
                     if (!b.text.empty()) out.push_back(text_part(b.text));
                   },
                   [&](const chat::Thinking& b) {
                     if (own && !b.signature.empty() && !b.redacted) out.push_back(thought_part(b));
                   },
                   [&](const chat::ToolCall& b) { out.push_back(call_part(b, own)); },
                   [&](const chat::Native& b) {
                     if (b.provider != provider_ || b.json.starts_with(grounding_prefix)) return;
                     if (stands_for(b, before) && !out.empty()) out.pop_back();
                     out.push_back(b.json);
                   },
               },
               block);
    before = &block;
  }
  return out;
}

// Ids go back to the API that gave them; without them results are matched by their order and name. The signature is
// wanted on the first call of a reply.
std::string History::call_part(const chat::ToolCall& call, bool own) {
  const bool first = calls_.empty();
  const auto& sent =
      calls_[call.id] = {function_name(call.name), own && !is_made_up_call_id(call.id) ? call.id : std::string()};
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("functionCall").begin_object();
  if (!sent.id.empty()) json.field("id", sent.id);
  json.field("name", sent.name).key("args").raw(object_text(call.arguments)).end_object();
  const auto signature = own ? std::string_view(call.signature) : std::string_view();
  if (!signature.empty()) {
    json.field("thoughtSignature", signature);
  } else if (first && third_generation_) {
    json.field("thoughtSignature", foreign_signature);
  }
  json.end_object();
  return out;
}

std::string History::result_part(const chat::ToolResult& result) const {
  const auto found = calls_.find(result.call_id);
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("functionResponse").begin_object();
  if (found != calls_.end() && !found->second.id.empty()) json.field("id", found->second.id);
  json.field("name", found == calls_.end() ? "_" : found->second.name).key("response").begin_object();
  json.field(result.is_error ? "error" : "output", joined_text(result.content)).end_object();
  if (const auto media = media_parts(result.content); third_generation_ && !media.empty()) {
    json.key("parts").begin_array();
    for (const auto& part : media) json.raw(part);
    json.end_array();
  }
  json.end_object().end_object();
  return out;
}

// Models before the third generation take media beside the results, not in them.
std::vector<std::string> History::result_parts(const chat::ToolMessage& message) const {
  std::vector<std::string> out;
  std::vector<std::string> media;
  for (const auto& result : message.results) {
    out.push_back(result_part(result));
    if (third_generation_) continue;
    for (auto& part : media_parts(result.content)) media.push_back(std::move(part));
  }
  if (!media.empty()) out.push_back(text_part("(returned by the tools)"));
  out.insert(out.end(), std::make_move_iterator(media.begin()), std::make_move_iterator(media.end()));
  return out;
}

void write_tools(JsonWriter& json, const std::vector<chat::ToolSpec>& tools) {
  if (tools.empty()) return;
  json.key("tools").begin_array().begin_object().key("functionDeclarations").begin_array();
  for (const auto& tool : tools) {
    json.begin_object().field("name", tool.name).field("description", tool.description);
    // `parameters` knows a part of OpenAPI's schemas and refuses the rest.
    json.key("parametersJsonSchema").raw(tool.input_schema).end_object();
  }
  json.end_array().end_object().end_array();
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned>(byte));
  }
  return out;
}

}  // namespace

std::string gemini_resource(std::string_view model_id) {
  for (const std::string_view kind : {"models/", "tunedModels/"}) {
    if (model_id.starts_with(kind)) return std::string(kind) + percent_encoded(model_id.substr(kind.size()));
  }
  return "models/" + percent_encoded(model_id);
}

std::string gemini_url(const Endpoint& endpoint, std::string_view method) {
  return joined_url(api_root(endpoint.provider), fmt::format("/{}:{}", gemini_resource(endpoint.model.id), method));
}

// What is static comes first, the conversation last.
std::string gemini_body(const Request& request, const Endpoint& endpoint) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  if (!request.system.empty()) {
    json.key("systemInstruction").begin_object().key("parts").begin_array().raw(text_part(request.system));
    json.end_array().end_object();
  }
  write_tools(json, request.tools);
  write_gemini_settings(json, request, endpoint.model);
  json.key("contents").begin_array();
  for (const auto& content : History(endpoint).contents(request.history)) {
    json.begin_object().field("role", content.role == Role::user ? "user" : "model").key("parts").begin_array();
    for (const auto& part : content.parts) json.raw(part);
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return out;
}

}  // namespace errand::provider
