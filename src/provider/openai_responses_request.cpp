#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "base/json.hpp"
#include "base/overloaded.hpp"
#include "base/text.hpp"
#include "chat/codec.hpp"
#include "provider/call_ids.hpp"
#include "provider/generation.hpp"
#include "provider/json_text.hpp"
#include "provider/openai_quirks.hpp"
#include "provider/openai_responses.hpp"
#include "provider/wire_value.hpp"

namespace errand::provider {

using chat::ThinkingStyle;

namespace {

bool reasons(const Endpoint& endpoint) {
  return endpoint.model.thinking != ThinkingStyle::none;
}

bool is_plain_family(std::string_view id) {
  id.remove_prefix(std::min(id.rfind('/') + 1, id.size()));
  constexpr std::array<std::string_view, 3> families = {"chatgpt-", "gpt-3", "gpt-4"};
  return std::ranges::any_of(families, [&](std::string_view family) { return id.starts_with(family); });
}

// A model that no table has may reason too, and then needs its reasoning back; models that don't refuse to be asked.
bool may_reason(const Endpoint& endpoint) {
  const bool is_known = endpoint.model.max_output > 0 || is_plain_family(endpoint.model.id);
  return reasons(endpoint) || (!is_known && quirks_of(endpoint.provider).names == ModelNames::makers);
}

std::string data_url(std::string_view media_type, std::string_view bytes) {
  return "data:" + std::string(media_type) + ";base64," + chat::base64_encode(bytes);
}

void write_part(JsonWriter& json, const chat::Text& block) {
  json.begin_object().field("type", "input_text").field("text", block.text).end_object();
}

void write_part(JsonWriter& json, const chat::Image& block) {
  json.begin_object().field("type", "input_image").field("detail", "auto");
  json.field("image_url", data_url(block.media_type, block.bytes)).end_object();
}

// Text is sent as text, which every server takes; the rest as a file.
void write_part(JsonWriter& json, const chat::Document& block) {
  if (block.media_type.starts_with("text/")) return write_part(json, chat::Text{block.name + ":\n" + block.bytes});
  json.begin_object().field("type", "input_file").field("filename", block.name.empty() ? "document" : block.name);
  json.field("file_data", data_url(block.media_type, block.bytes)).end_object();
}

bool is_empty_text(const chat::UserBlock& block) {
  const auto* text = std::get_if<chat::Text>(&block);
  return text != nullptr && text->text.empty();
}

bool is_text(const chat::UserBlock& block) {
  return std::holds_alternative<chat::Text>(block);
}

// Text alone is a plain string: the form that every server understands. `prefix` comes before it.
void write_content(JsonWriter& json, const std::vector<chat::UserBlock>& content, std::string_view prefix) {
  if (std::ranges::all_of(content, is_text)) {
    json.string(std::string(prefix) + chat::text_of(content));
    return;
  }
  json.begin_array();
  if (!prefix.empty()) write_part(json, chat::Text{std::string(prefix)});
  for (const auto& block : content) {
    if (!is_empty_text(block)) std::visit([&](const auto& b) { write_part(json, b); }, block);
  }
  json.end_array();
}

// A Native block of ours, as far as sending it back needs to know it.
struct ServerItem {
  std::string type;
  std::string call_id;
  std::string phase;
  bool carries_reasoning = false;

  [[nodiscard]] bool is_output() const { return type.ends_with("_output"); }
};

// Without its encrypted form (or its text, with open models) a reasoning item is only a reference to what the server
// did not keep.
bool carries_reasoning(const Json& item) {
  const auto& content = array_at(item, "content");
  return !text_at(item, "encrypted_content").empty() ||
         std::ranges::any_of(content, [](const Json& part) { return !text_at(part, "text").empty(); });
}

ServerItem server_item(const chat::Native& block) {
  const auto json = chat::parse_json(block.json);
  if (!json || !json->is_object()) return {};
  return {text_at(*json, "type"), text_at(*json, "call_id"), text_at(*json, "phase"), carries_reasoning(*json)};
}

// Writes the conversation as input items. Ids of items are left out where they may be: nothing is stored, so a server
// that looks one up finds none. Reasoning goes back whole, with the item that followed it or not at all.
class InputWriter {
 public:
  InputWriter(JsonWriter& json, const Endpoint& endpoint)
      : json_(json), provider_(endpoint.provider.name), reasons_(may_reason(endpoint)) {}

  void write(const chat::UserMessage& message);
  void write(const chat::AssistantMessage& message);
  void write(const chat::ToolMessage& message);

 private:
  void write_text(const chat::Text& block);
  void write_call(const chat::ToolCall& call);
  void write_native(const chat::Native& block, const ServerItem& item);
  void begin_item();
  [[nodiscard]] bool is_answered(const ServerItem& item) const;

  JsonWriter& json_;
  std::string provider_;
  bool reasons_;
  CallIds ids_{CallIdStyle::plain};
  // of the reply being written:
  std::vector<ServerItem> server_items_;
  std::vector<std::string_view> waiting_;  // reasoning, until an item follows
  std::string phase_;
};

void InputWriter::write(const chat::UserMessage& message) {
  if (std::ranges::all_of(message.content, is_empty_text)) return;
  json_.begin_object().field("role", "user").key("content");
  write_content(json_, message.content, "");
  json_.end_object();
}

void InputWriter::write(const chat::AssistantMessage& message) {
  ids_.next_reply();
  server_items_.clear();
  waiting_.clear();
  phase_.clear();
  for (const auto& block : message.content) {
    const auto* native = std::get_if<chat::Native>(&block);
    if (native != nullptr && native->provider == provider_) server_items_.push_back(server_item(*native));
  }
  std::size_t next = 0;
  for (const auto& block : message.content) {
    std::visit(overloaded{
                   [&](const chat::Text& b) { write_text(b); },
                   [](const chat::Thinking&) {},
                   [&](const chat::ToolCall& b) { write_call(b); },
                   [&](const chat::Native& b) {
                     if (b.provider == provider_) write_native(b, server_items_[next++]);
                   },
               },
               block);
  }
}

// What a reasoning item led to is written: now it may go before it.
void InputWriter::begin_item() {
  for (const auto item : std::exchange(waiting_, {})) json_.raw(item);
}

void InputWriter::write_text(const chat::Text& block) {
  if (block.text.empty()) return;
  begin_item();
  json_.begin_object().field("type", "message").field("role", "assistant");
  if (!phase_.empty()) json_.field("phase", phase_);
  json_.key("content").begin_array().begin_object().field("type", "output_text").field("text", block.text);
  json_.end_object().end_array().end_object();
}

void InputWriter::write_call(const chat::ToolCall& call) {
  begin_item();
  phase_.clear();
  json_.begin_object().field("type", "function_call").field("call_id", ids_.of_call(call.id));
  json_.field("name", plain_name(call.name)).field("arguments", object_text(call.arguments)).end_object();
}

// A call that the server left to its client is refused without its output, and an output without its call.
bool InputWriter::is_answered(const ServerItem& item) const {
  return item.call_id.empty() || std::ranges::any_of(server_items_, [&](const ServerItem& other) {
           return other.call_id == item.call_id && other.is_output() != item.is_output();
         });
}

void InputWriter::write_native(const chat::Native& block, const ServerItem& item) {
  if (item.type == "message") {
    phase_ = item.phase;
    return;
  }
  phase_.clear();
  if (item.type == "reasoning" && item.carries_reasoning && reasons_) {
    waiting_.push_back(block.json);
  } else if (item.type == "reasoning" || item.type.empty() || !is_answered(item)) {
    waiting_.clear();
  } else {
    begin_item();
    json_.raw(block.json);
  }
}

// The protocol has no mark for a failed call.
void InputWriter::write(const chat::ToolMessage& message) {
  for (const auto& result : message.results) {
    const bool says_so = text::lower(chat::text_of(result.content)).starts_with("error");
    json_.begin_object().field("type", "function_call_output").field("call_id", ids_.of_result(result.call_id));
    json_.key("output");
    write_content(json_, result.content, result.is_error && !says_so ? "error: " : "");
    json_.end_object();
  }
}

std::string_view effort_of(const chat::ThinkingSettings& thinking) {
  if (thinking.effort == "max") return "high";  // the API's own highest that all its models take
  if (!thinking.effort.empty()) return thinking.effort;
  if (thinking.budget_tokens <= 4096) return "low";
  return thinking.budget_tokens <= 16'384 ? "medium" : "high";
}

// Nothing is said when nothing was asked: the model's own default, and summaries need a verified organisation.
void write_reasoning(JsonWriter& json, const Request& request, const Endpoint& endpoint) {
  if (!may_reason(endpoint)) return;
  json.key("include").begin_array().string("reasoning.encrypted_content").end_array();
  const auto& thinking = request.thinking;
  if (!reasons(endpoint) || (thinking.effort.empty() && thinking.budget_tokens == 0)) return;
  json.key("reasoning").begin_object().field("effort", effort_of(thinking));
  if (thinking.effort != "none") json.field("summary", "auto");
  json.end_object();
}

// Without a limit that somebody set, the server's own default holds: it knows what fits.
void write_generation(JsonWriter& json, const Request& request, const Endpoint& endpoint) {
  const auto& wishes = request.generation;
  if (wishes.max_output > 0) {
    const auto most = endpoint.model.max_output;
    json.key("max_output_tokens").number(most > 0 ? std::min(wishes.max_output, most) : wishes.max_output);
  }
  if (reasons(endpoint)) return;
  if (wishes.temperature) json.key("temperature").raw(number_text(*wishes.temperature));
  if (wishes.top_p) json.key("top_p").raw(number_text(*wishes.top_p));
}

void write_schema(JsonWriter& json, const Request& request) {
  if (request.output_schema.empty()) return;
  json.key("text").begin_object().key("format").begin_object().field("type", "json_schema").field("name", "answer");
  json.key("strict").raw(is_strict_schema(request.output_schema) ? "true" : "false");
  json.key("schema").raw(request.output_schema).end_object().end_object();
}

void write_tool_choice(JsonWriter& json, const Request& request) {
  const auto choice = tool_choice_of(request);
  switch (choice.kind) {
    case ToolChoice::Kind::unsaid:
      return;
    case ToolChoice::Kind::automatic:
      json.field("tool_choice", "auto");
      return;
    case ToolChoice::Kind::any:
      json.field("tool_choice", "required");
      return;
    case ToolChoice::Kind::none:
      json.field("tool_choice", "none");
      return;
    case ToolChoice::Kind::tool:
      json.key("tool_choice").begin_object().field("type", "function").field("name", choice.tool).end_object();
      return;
  }
}

// `strict` is said, since the API's default would make optional properties required.
void write_tools(JsonWriter& json, const std::vector<chat::ToolSpec>& tools) {
  if (tools.empty()) return;
  json.key("parallel_tool_calls").raw("true").key("tools").begin_array();
  for (const auto& tool : tools) {
    json.begin_object().field("type", "function").field("name", tool.name).field("description", tool.description);
    json.key("parameters").raw(tool.input_schema).key("strict").raw("false").end_object();
  }
  json.end_array();
}

}  // namespace

std::string openai_responses_body(const Request& request, const Endpoint& endpoint) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("model", endpoint.model.id).key("stream").raw("true").key("store").raw("false");
  write_reasoning(json, request, endpoint);
  write_generation(json, request, endpoint);
  write_schema(json, request);
  write_tool_choice(json, request);
  write_tools(json, request.tools);
  if (!request.system.empty()) json.field("instructions", request.system);
  json.key("input").begin_array();
  InputWriter input(json, endpoint);
  for (const auto& message : request.history) std::visit([&](const auto& m) { input.write(m); }, message);
  json.end_array().end_object();
  return out;
}

std::vector<chat::event::Warning> openai_responses_left_out(const Request& request, const Endpoint& endpoint) {
  std::vector<chat::event::Warning> out;
  const auto& wishes = request.generation;
  if (reasons(endpoint) && wishes.temperature) out.push_back(left_out_warning("temperature", endpoint));
  if (reasons(endpoint) && wishes.top_p) out.push_back(left_out_warning("top_p", endpoint));
  if (!wishes.stop.empty()) out.push_back(left_out_warning("stop texts", endpoint));
  const auto& thinking = request.thinking;
  const bool asks = thinking.budget_tokens > 0 || (!thinking.effort.empty() && thinking.effort != "none");
  if (asks && !reasons(endpoint)) out.push_back(effort_left_out(endpoint));
  return out;
}

}  // namespace errand::provider
