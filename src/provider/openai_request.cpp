#include <algorithm>
#include <utility>
#include <variant>

#include "base/json.hpp"
#include "base/overloaded.hpp"
#include "base/text.hpp"
#include "chat/codec.hpp"
#include "provider/generation.hpp"
#include "provider/json_text.hpp"
#include "provider/openai_chat.hpp"
#include "provider/openai_quirks.hpp"
#include "provider/wire_value.hpp"

namespace errand::provider {

using chat::ThinkingStyle;

namespace {

constexpr std::size_t max_stops = 4;  // the API's own limit

std::string data_url(std::string_view media_type, std::string_view bytes) {
  return "data:" + std::string(media_type) + ";base64," + chat::base64_encode(bytes);
}

void write_part(JsonWriter& json, const chat::Text& block) {
  json.begin_object().field("type", "text").field("text", block.text).end_object();
}

void write_part(JsonWriter& json, const chat::Image& block) {
  json.begin_object().field("type", "image_url").key("image_url").begin_object();
  json.field("url", data_url(block.media_type, block.bytes)).end_object().end_object();
}

// Text is sent as text, which every server takes; the rest as a file part.
void write_part(JsonWriter& json, const chat::Document& block) {
  if (block.media_type.starts_with("text/")) return write_part(json, chat::Text{block.name + ":\n" + block.bytes});
  json.begin_object().field("type", "file").key("file").begin_object();
  json.field("filename", block.name.empty() ? "document" : block.name);
  json.field("file_data", data_url(block.media_type, block.bytes)).end_object().end_object();
}

bool is_empty_text(const chat::UserBlock& block) {
  const auto* text = std::get_if<chat::Text>(&block);
  return text != nullptr && text->text.empty();
}

bool is_text(const chat::UserBlock& block) {
  return std::holds_alternative<chat::Text>(block);
}

std::string effort_of(const chat::ThinkingSettings& thinking) {
  if (thinking.effort == "max") return "high";  // the API's own highest that all its models take
  if (!thinking.effort.empty()) return thinking.effort;
  if (thinking.budget_tokens <= 4096) return "low";
  return thinking.budget_tokens <= 16'384 ? "medium" : "high";
}

// Nothing is said when nothing was asked: the model's own default.
void write_effort(JsonWriter& json, const chat::ThinkingSettings& thinking, ThinkingStyle style, EffortField field) {
  if (style == ThinkingStyle::none || (thinking.effort.empty() && thinking.budget_tokens == 0)) return;
  switch (field) {
    case EffortField::reasoning_effort:
      json.field("reasoning_effort", effort_of(thinking));
      return;
    case EffortField::reasoning:
      json.key("reasoning").begin_object();
      if (thinking.budget_tokens > 0) {
        json.key("max_tokens").number(thinking.budget_tokens);
      } else {
        json.field("effort", effort_of(thinking));
      }
      json.end_object();
      return;
    case EffortField::thinking:
      json.key("thinking").begin_object();
      json.field("type", thinking.effort == "none" ? "disabled" : "enabled").end_object();
      return;
  }
}

class MessageWriter {
 public:
  MessageWriter(JsonWriter& json, const Endpoint& endpoint, const Quirks& quirks)
      : json_(json), provider_(endpoint.provider.name), quirks_(quirks), ids_(quirks.ids) {}

  void write(const chat::UserMessage& message) { write_user(message.content); }
  void write(const chat::AssistantMessage& message);
  void write(const chat::ToolMessage& message);

 private:
  void write_user(const std::vector<chat::UserBlock>& content);
  void write_result(const chat::ToolResult& result);
  void write_calls(const std::vector<chat::ToolCall>& calls);
  void write_reasoning(const chat::AssistantMessage& message, const std::vector<chat::ToolCall>& calls);

  JsonWriter& json_;
  std::string provider_;
  const Quirks& quirks_;
  CallIds ids_;
};

// One block of text is sent as a plain string: the form that every server understands.
void MessageWriter::write_user(const std::vector<chat::UserBlock>& content) {
  if (std::ranges::all_of(content, is_empty_text)) return;
  json_.begin_object().field("role", "user").key("content");
  if (std::ranges::all_of(content, is_text)) {
    json_.string(chat::text_of(content));
  } else {
    json_.begin_array();
    for (const auto& block : content) {
      if (!is_empty_text(block)) std::visit([&](const auto& b) { write_part(json_, b); }, block);
    }
    json_.end_array();
  }
  json_.end_object();
}

void MessageWriter::write(const chat::AssistantMessage& message) {
  const auto calls = message.tool_calls();
  const auto text = message.text();
  ids_.next_reply();
  if (calls.empty() && text.empty()) return;
  json_.begin_object().field("role", "assistant").key("content");
  if (text.empty()) {
    json_.raw("null");
  } else {
    json_.string(text);
  }
  write_reasoning(message, calls);
  if (!calls.empty()) write_calls(calls);
  json_.end_object();
}

// Reasoning is the maker's own: it goes back to the provider it came from, in the form that one wants, and else not.
void MessageWriter::write_reasoning(const chat::AssistantMessage& message, const std::vector<chat::ToolCall>& calls) {
  const bool own = message.provider.empty() || message.provider == provider_;
  std::string reasoning;
  for (const auto& block : message.content) {
    if (const auto* thinking = std::get_if<chat::Thinking>(&block); thinking != nullptr && own)
      reasoning += thinking->text;
    const auto* native = std::get_if<chat::Native>(&block);
    if (native == nullptr || native->provider != provider_) continue;
    const auto json = chat::parse_json(native->json);
    if (!json || !json->is_object()) continue;
    for (const auto& [key, value] : json->items()) json_.key(key).raw(chat::dump(value));
  }
  if (quirks_.replay == ReasoningReplay::with_calls && !calls.empty()) json_.field("reasoning_content", reasoning);
}

void MessageWriter::write_calls(const std::vector<chat::ToolCall>& calls) {
  json_.key("tool_calls").begin_array();
  for (const auto& call : calls) {
    json_.begin_object().field("id", ids_.of_call(call.id)).field("type", "function").key("function").begin_object();
    // Some servers parse the arguments to render their template, and fail on what is not JSON.
    json_.field("name", plain_name(call.name)).field("arguments", object_text(call.arguments));
    json_.end_object().end_object();
  }
  json_.end_array();
}

// The protocol has no mark for a failed call.
void MessageWriter::write_result(const chat::ToolResult& result) {
  auto text = chat::text_of(result.content);
  if (result.is_error && !text::lower(text).starts_with("error")) text = "error: " + text;
  json_.begin_object().field("role", "tool").field("tool_call_id", ids_.of_result(result.call_id));
  json_.field("content", text).end_object();
}

// A result holds text alone; what else a tool returned follows in a user message.
void MessageWriter::write(const chat::ToolMessage& message) {
  std::vector<chat::UserBlock> media;
  for (const auto& result : message.results) {
    write_result(result);
    std::ranges::copy_if(result.content, std::back_inserter(media), [](const auto& block) { return !is_text(block); });
  }
  if (media.empty()) return;
  media.insert(media.begin(), chat::Text{"(returned by the tools)"});
  write_user(media);
}

void write_tools(JsonWriter& json, const std::vector<chat::ToolSpec>& tools) {
  if (tools.empty()) return;
  json.key("tools").begin_array();
  for (const auto& tool : tools) {
    json.begin_object().field("type", "function").key("function").begin_object();
    json.field("name", tool.name).field("description", tool.description);
    json.key("parameters").raw(tool.input_schema).end_object().end_object();
  }
  json.end_array();
}

bool takes_sampling(const Endpoint& endpoint, const Quirks& quirks) {
  return endpoint.model.thinking != ThinkingStyle::effort || quirks.sampling == ReasoningSampling::taken;
}

// Without a limit that somebody set, the server's own default holds: it knows what fits.
void write_output_limit(JsonWriter& json, const Request& request, const Endpoint& endpoint, const Quirks& quirks) {
  const auto asked = request.generation.max_output;
  if (asked <= 0) return;
  const auto most = endpoint.model.max_output;
  json.key(quirks.output_limit == OutputLimit::max_tokens ? "max_tokens" : "max_completion_tokens");
  json.number(most > 0 ? std::min(asked, most) : asked);
}

void write_generation(JsonWriter& json, const Request& request) {
  const auto& wishes = request.generation;
  if (wishes.temperature) json.key("temperature").raw(number_text(*wishes.temperature));
  if (wishes.top_p) json.key("top_p").raw(number_text(*wishes.top_p));
  if (wishes.stop.empty()) return;
  json.key("stop").begin_array();
  for (std::size_t i = 0; i < std::min(wishes.stop.size(), max_stops); ++i) json.string(wishes.stop[i]);
  json.end_array();
}

void write_tool_choice(JsonWriter& json, const Request& request, const Quirks& quirks) {
  const auto choice = tool_choice_of(request);
  switch (choice.kind) {
    case ToolChoice::Kind::unsaid:
      return;
    case ToolChoice::Kind::automatic:
      json.field("tool_choice", "auto");
      return;
    case ToolChoice::Kind::any:
      json.field("tool_choice", quirks.forced == ForcedCall::any ? "any" : "required");
      return;
    case ToolChoice::Kind::none:
      json.field("tool_choice", "none");
      return;
    case ToolChoice::Kind::tool:
      json.key("tool_choice").begin_object().field("type", "function").key("function").begin_object();
      json.field("name", choice.tool).end_object().end_object();
      return;
  }
}

void write_schema(JsonWriter& json, const Request& request, const Quirks& quirks) {
  if (request.output_schema.empty()) return;
  json.key("response_format").begin_object();
  if (quirks.schema == SchemaField::json_object) {
    json.field("type", "json_object").end_object();
    return;
  }
  json.field("type", "json_schema").key("json_schema").begin_object().field("name", "answer");
  if (is_strict_schema(request.output_schema)) json.key("strict").raw("true");
  json.key("schema").raw(request.output_schema).end_object().end_object();
}

// Servers that know no schema want the word JSON in the prompt as well.
void write_system(JsonWriter& json, const Request& request, const Quirks& quirks) {
  auto system = request.system;
  if (!request.output_schema.empty() && quirks.schema == SchemaField::json_object) {
    if (!system.empty()) system += "\n\n";
    system += "Answer with one JSON value that follows this JSON schema, and nothing else:\n";
    system += request.output_schema;
  }
  if (!system.empty()) json.begin_object().field("role", "system").field("content", system).end_object();
}

}  // namespace

std::string openai_chat_body(const Request& request, const Endpoint& endpoint) {
  const auto quirks = quirks_of(endpoint.provider);
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("model", endpoint.model.id).key("stream").raw("true");
  if (quirks.usage == UsageRequest::stream_options) {
    json.key("stream_options").begin_object().key("include_usage").raw("true").end_object();
  }
  write_output_limit(json, request, endpoint, quirks);
  write_effort(json, request.thinking, endpoint.model.thinking, quirks.effort);
  if (takes_sampling(endpoint, quirks)) write_generation(json, request);
  write_schema(json, request, quirks);
  write_tool_choice(json, request, quirks);
  write_tools(json, request.tools);
  json.key("messages").begin_array();
  write_system(json, request, quirks);
  MessageWriter writer(json, endpoint, quirks);
  for (const auto& message : request.history) std::visit([&](const auto& m) { writer.write(m); }, message);
  json.end_array().end_object();
  return out;
}

std::vector<chat::event::Warning> openai_chat_left_out(const Request& request, const Endpoint& endpoint) {
  std::vector<chat::event::Warning> out;
  const auto& wishes = request.generation;
  if (!takes_sampling(endpoint, quirks_of(endpoint.provider))) {
    if (wishes.temperature) out.push_back(left_out_warning("temperature", endpoint));
    if (wishes.top_p) out.push_back(left_out_warning("top_p", endpoint));
    if (!wishes.stop.empty()) out.push_back(left_out_warning("stop texts", endpoint));
  } else if (wishes.stop.size() > max_stops) {
    out.push_back(left_out_warning("more than 4 stop texts", endpoint));
  }
  const auto& thinking = request.thinking;
  const bool asks = thinking.budget_tokens > 0 || (!thinking.effort.empty() && thinking.effort != "none");
  if (asks && endpoint.model.thinking == ThinkingStyle::none) {
    out.push_back(effort_left_out(endpoint));
  }
  return out;
}

}  // namespace errand::provider
