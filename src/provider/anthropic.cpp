#include "provider/anthropic.hpp"

#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"
#include "chat/names.hpp"
#include "provider/address.hpp"
#include "provider/api_error.hpp"
#include "provider/json_text.hpp"
#include "provider/wire_value.hpp"

namespace errand::provider {

namespace stream = chat::stream;
using chat::StopReason;

namespace {

// Only we say "cancelled"; what is unknown is an end.
StopReason stop_of(const std::string& wire) {
  const auto known = chat::stop_reason_named(wire);
  return known && *known != StopReason::cancelled ? *known : StopReason::end_turn;
}

// A content_block_delta of one of the three kinds that come by the thousand.
struct HotDelta {
  std::size_t index = 0;
  std::string_view type;
  std::string_view value_key;
  std::string value;

  [[nodiscard]] bool is(std::string_view wanted_type, std::string_view key) const {
    return type == wanted_type && value_key == key;
  }
};

// {"type":"…","text":"…"}, in any order and without anything else.
bool scan_inner(JsonScanner& json, HotDelta& out) {
  std::string_view key;
  json.begin_object();
  while (json.next_key(key)) {
    if (key == "type" && out.type.empty()) {
      json.plain(out.type);
    } else if ((key == "text" || key == "thinking" || key == "partial_json") && out.value_key.empty()) {
      out.value_key = key;
      json.string(out.value);
    } else {
      return false;
    }
  }
  return !json.failed() && !out.value_key.empty();
}

// {"type":"content_block_delta","index":0,"delta":{…}}: each key once, nothing else.
bool scan_delta(std::string_view data, HotDelta& out) {
  JsonScanner json(data);
  std::string_view key;
  std::string_view type;
  bool has_index = false;
  json.begin_object();
  while (json.next_key(key)) {
    if (key == "type" && type.empty()) {
      json.plain(type);
      if (type != "content_block_delta") return false;
    } else if (key == "index" && !has_index) {
      has_index = true;
      json.number(out.index);
    } else if (key == "delta" && out.type.empty() && out.value_key.empty()) {
      if (!scan_inner(json, out)) return false;
    } else {
      return false;
    }
  }
  return json.finished() && has_index && !type.empty() && !out.type.empty();
}

class AnthropicDecoder final : public Decoder {
 public:
  explicit AnthropicDecoder(const Endpoint& endpoint) : endpoint_(endpoint) {}

  Result<void> on_sse(const http::SseEvent& event, DecodeSink& sink) override {
    if (complete_ || is_filler(event)) return {};
    if (hot_delta(event.data, sink)) return {};
    if (is_plain_error(event)) return fail(explain(read_failure(0, event.data), endpoint_));
    ERRAND_TRY_ASSIGN(const auto json, parse_wire(event.data, endpoint_));
    return dispatch(json, event.type, sink);
  }

  Result<void> on_json(std::string_view body, DecodeSink& sink) override {
    ERRAND_TRY_ASSIGN(const auto json, parse_wire(body, endpoint_));
    if (!json.is_object() || text_at(json, "type") == "error" || !json.contains("content")) {
      return fail(explain(failure_in(0, json), endpoint_));
    }
    start_message(json, sink);
    complete_ = true;
    return {};
  }

  [[nodiscard]] bool ended() const override { return complete_; }
  Result<void> on_end(DecodeSink&) override {
    if (complete_) return {};
    return fail(broken_reply("the model API's stream ended before the reply was complete", endpoint_));
  }

 private:
  struct Block {
    std::string type;
    std::string text;     // of a text block, to be cited with
    std::string partial;  // JSON input of a server tool
    Json native;          // any block that is ours only to keep
    Json citations = Json::array();
  };

  bool hot_delta(const std::string& data, DecodeSink& sink);
  Result<void> dispatch(const Json& json, const std::string& sse_type, DecodeSink& sink);
  void start_message(const Json& message, DecodeSink& sink);
  void start_block(std::size_t index, const Json& block, DecodeSink& sink);
  void delta(std::size_t index, const Json& delta, DecodeSink& sink);
  void native_delta(Block& block, const Json& delta);
  void end_block(std::size_t index, DecodeSink& sink);
  void end_native(std::size_t index, Block& block, DecodeSink& sink);
  void text(std::size_t index, std::string text, DecodeSink& sink);
  void usage(const Json& usage, DecodeSink& sink);
  void stop(const Json& holder, DecodeSink& sink);

  Endpoint endpoint_;
  std::map<std::size_t, Block> open_;
  chat::Usage usage_;
  HotDelta hot_;
  bool complete_ = false;
};

bool AnthropicDecoder::hot_delta(const std::string& data, DecodeSink& sink) {
  hot_.type = {};
  hot_.value_key = {};
  if (!scan_delta(data, hot_)) return false;
  const auto open = open_.find(hot_.index);
  if (open == open_.end()) return false;
  if (hot_.is("text_delta", "text") && open->second.type == "text") {
    open->second.text += hot_.value;
    sink.on_event(stream::TextDelta{2 * hot_.index, std::move(hot_.value)});
  } else if (hot_.is("thinking_delta", "thinking") && open->second.type == "thinking") {
    sink.on_event(stream::ThinkingDelta{2 * hot_.index, std::move(hot_.value)});
  } else if (hot_.is("input_json_delta", "partial_json") && open->second.type == "tool_use") {
    sink.on_event(stream::ToolCallDelta{2 * hot_.index, std::move(hot_.value)});
  } else {
    return false;
  }
  return true;
}

Result<void> AnthropicDecoder::dispatch(const Json& json, const std::string& sse_type, DecodeSink& sink) {
  if (!json.is_object()) return fail(broken_reply("the model API sent an event that is no JSON object", endpoint_));
  auto type = text_at(json, "type");
  if (type.empty()) type = sse_type;
  const auto index = size_at(json, "index");
  if (type == "message_start") {
    start_message(object_at(json, "message"), sink);
  } else if (type == "content_block_start") {
    start_block(index, object_at(json, "content_block"), sink);
  } else if (type == "content_block_delta") {
    delta(index, object_at(json, "delta"), sink);
  } else if (type == "content_block_stop") {
    end_block(index, sink);
  } else if (type == "message_delta") {
    usage(object_at(json, "usage"), sink);
    stop(object_at(json, "delta"), sink);
  } else if (type == "message_stop") {
    complete_ = true;
  } else if (type == "error" || (type != "ping" && has_error(json))) {
    return fail(explain(failure_in(0, json), endpoint_));
  }
  return {};  // pings and what is not known yet
}

// `content` may already hold whole blocks (programmatic tool calling, and a reply that came as one JSON body).
void AnthropicDecoder::start_message(const Json& message, DecodeSink& sink) {
  if (auto model = text_at(message, "model"); !model.empty()) sink.on_event(stream::Started{std::move(model)});
  std::size_t index = 0;
  for (const auto& block : array_at(message, "content")) {
    if (!block.is_object()) continue;
    start_block(index, block, sink);
    end_block(index, sink);
    ++index;
  }
  usage(object_at(message, "usage"), sink);
  stop(message, sink);
}

void AnthropicDecoder::text(std::size_t index, std::string text, DecodeSink& sink) {
  open_[index].text += text;
  sink.on_event(stream::TextDelta{2 * index, std::move(text)});
}

void AnthropicDecoder::start_block(std::size_t index, const Json& block, DecodeSink& sink) {
  auto& open = open_[index] = Block{text_at(block, "type"), {}, {}, {}, Json::array()};
  if (open.type == "text") {
    text(index, text_at(block, "text"), sink);
    for (const auto& citation : array_at(block, "citations")) open.citations.push_back(citation);
  } else if (open.type == "thinking") {
    sink.on_event(stream::ThinkingDelta{2 * index, text_at(block, "thinking")});
    if (auto signature = text_at(block, "signature"); !signature.empty()) {
      sink.on_event(stream::Signature{2 * index, std::move(signature), false});
    }
  } else if (open.type == "redacted_thinking") {
    sink.on_event(stream::Signature{2 * index, text_at(block, "data"), true});
  } else if (open.type == "tool_use") {
    sink.on_event(stream::ToolCallBegin{2 * index, text_at(block, "id"), text_at(block, "name")});
    const auto input = block.find("input");
    if (input != block.end() && !input->empty()) sink.on_event(stream::ToolCallDelta{2 * index, chat::dump(*input)});
  } else {
    open.native = block;
    // A refused request was answered by another model.
    auto model = text_at(object_at(block, "to"), "model");
    if (open.type == "fallback" && !model.empty()) sink.on_event(stream::Started{std::move(model)});
  }
}

void AnthropicDecoder::delta(std::size_t index, const Json& delta, DecodeSink& sink) {
  const auto type = text_at(delta, "type");
  const auto found = open_.find(index);
  if (found == open_.end()) return;
  auto& open = found->second;
  if (open.native.is_object()) {
    native_delta(open, delta);
  } else if (type == "text_delta") {
    text(index, text_at(delta, "text"), sink);
  } else if (type == "thinking_delta") {
    sink.on_event(stream::ThinkingDelta{2 * index, text_at(delta, "thinking")});
  } else if (type == "signature_delta") {
    sink.on_event(stream::Signature{2 * index, text_at(delta, "signature"), false});
  } else if (type == "input_json_delta") {
    sink.on_event(stream::ToolCallDelta{2 * index, text_at(delta, "partial_json")});
  } else if (type == "citations_delta" && delta.contains("citation")) {
    open.citations.push_back(delta.at("citation"));
  }
}

// A delta of a kind we need not know: strings are appended to what the block holds, the rest replaces it.
void AnthropicDecoder::native_delta(Block& block, const Json& delta) {
  for (const auto& [key, value] : delta.items()) {
    if (key == "type") continue;
    if (key == "partial_json") {
      if (value.is_string()) block.partial += value.get<std::string>();
      continue;
    }
    auto& held = block.native[key];
    if (held.is_string() && value.is_string()) {
      held = held.get<std::string>() + value.get<std::string>();
    } else {
      held = value;
    }
  }
}

void AnthropicDecoder::end_block(std::size_t index, DecodeSink& sink) {
  const auto found = open_.find(index);
  if (found == open_.end()) return;
  auto& open = found->second;
  if (open.native.is_object()) end_native(index, open, sink);
  if (open.type == "text" && !open.citations.empty()) {
    const Json cited = {{"type", "text"}, {"text", open.text}, {"citations", open.citations}};
    sink.on_event(stream::NativeBlock{2 * index + 1, endpoint_.provider.name, chat::dump(cited)});
  }
  sink.on_block_end(2 * index);
  open_.erase(found);
}

// A server tool's input goes back byte for byte, in its place among the keys.
void AnthropicDecoder::end_native(std::size_t index, Block& block, DecodeSink& sink) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  if (!block.partial.empty() && !block.native.contains("input")) block.native["input"] = nullptr;
  for (const auto& [key, value] : block.native.items()) {
    json.key(key).raw(key == "input" && !block.partial.empty() ? object_text(block.partial) : chat::dump(value));
  }
  json.end_object();
  sink.on_event(stream::NativeBlock{2 * index, endpoint_.provider.name, std::move(text)});
}

// Cumulative: each counter that is there overwrites. Proxies send the real input_tokens only with message_delta.
void AnthropicDecoder::usage(const Json& usage, DecodeSink& sink) {
  if (usage.empty()) return;
  overwrite(usage_.input, usage, "input_tokens");
  overwrite(usage_.output, usage, "output_tokens");
  overwrite(usage_.cache_read, usage, "cache_read_input_tokens");
  overwrite(usage_.cache_write, usage, "cache_creation_input_tokens");
  overwrite(usage_.reasoning, object_at(usage, "output_tokens_details"), "thinking_tokens");
  sink.on_event(stream::UsageReport{usage_});
}

void AnthropicDecoder::stop(const Json& holder, DecodeSink& sink) {
  const auto reason = text_at(holder, "stop_reason");
  if (!reason.empty()) sink.on_event(stream::Finished{stop_of(reason)});
}

class AnthropicCodec final : public Codec {
 public:
  [[nodiscard]] http::Request encode(const Request& request, const Endpoint& endpoint) const override;
  [[nodiscard]] std::unique_ptr<Decoder> decoder(const Endpoint& endpoint) const override {
    return make_anthropic_decoder(endpoint);
  }
  [[nodiscard]] Error error_of(const http::ResponseHead& head, std::string_view body,
                               const Endpoint& endpoint) const override {
    return explain(read_failure(head.status, body), endpoint);
  }
  [[nodiscard]] std::vector<chat::event::Warning> left_out(const Request& request,
                                                           const Endpoint& endpoint) const override {
    return anthropic_left_out(request, endpoint);
  }
  [[nodiscard]] std::optional<http::Request> encode_count(const Request& request,
                                                          const Endpoint& endpoint) const override {
    auto out = addressed(endpoint, "/count_tokens");
    out.body = anthropic_count_body(request, endpoint);
    return out;
  }
  [[nodiscard]] std::optional<std::int64_t> read_count(std::string_view body) const override {
    const auto json = chat::parse_json(body);
    std::int64_t count = -1;
    if (json && json->is_object()) overwrite(count, *json, "input_tokens");
    return count < 0 ? std::nullopt : std::optional(count);
  }

 private:
  static http::Request addressed(const Endpoint& endpoint, std::string_view below);
};

http::Request AnthropicCodec::encode(const Request& request, const Endpoint& endpoint) const {
  auto out = addressed(endpoint, {});
  out.body = anthropic_body(request, endpoint);
  return out;
}

http::Request AnthropicCodec::addressed(const Endpoint& endpoint, std::string_view below) {
  const auto& provider = endpoint.provider;
  http::Request out;
  out.url = joined_url(api_root(provider), fmt::format("/messages{}", below));
  out.headers = {
      {"content-type", "application/json"}, {"accept", "text/event-stream"}, {"anthropic-version", "2023-06-01"}};
  for (auto& header : key_headers(provider)) out.headers.push_back(std::move(header));
  return out;
}

}  // namespace

std::unique_ptr<Decoder> make_anthropic_decoder(const Endpoint& endpoint) {
  return std::make_unique<AnthropicDecoder>(endpoint);
}

std::unique_ptr<Codec> make_anthropic_codec() {
  return std::make_unique<AnthropicCodec>();
}

}  // namespace errand::provider
