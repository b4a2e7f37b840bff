#include "provider/anthropic.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/json.hpp"
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
    std::size_t number = 0;  // ours: the wire's index, unless an earlier block has it
    std::string type{};
    std::string text{};     // of a text block, to be cited with
    std::string partial{};  // JSON input of a server tool
    std::string input{};    // of a tool call, told at its start; void once a delta comes
    Json native{};          // any block that is ours only to keep
    Json citations = Json::array();
  };

  bool hot_delta(const std::string& data, DecodeSink& sink);
  Result<void> dispatch(const Json& json, const std::string& sse_type, DecodeSink& sink);
  void start_message(const Json& message, DecodeSink& sink);
  Block& new_block(std::size_t index, DecodeSink& sink);
  void start_block(std::size_t index, const Json& block, DecodeSink& sink);
  void delta(std::size_t index, const Json& delta, DecodeSink& sink);
  void native_delta(Block& block, const Json& delta);
  void end_block(std::size_t index, DecodeSink& sink);
  void tell_held(Block& block, DecodeSink& sink);
  void tell_input(Block& block, DecodeSink& sink);
  void tell_native(Block& block, DecodeSink& sink);
  void take_back_all(DecodeSink& sink);
  void text(Block& block, std::string text, DecodeSink& sink);
  [[nodiscard]] std::size_t next_number() const { return numbers_.empty() ? 0 : *numbers_.rbegin() + 1; }
  void usage(const Json& usage, DecodeSink& sink);
  void stop(const Json& holder, DecodeSink& sink);

  Endpoint endpoint_;
  std::map<std::size_t, Block> open_;  // by the wire's index
  std::set<std::size_t> numbers_;      // of all blocks so far
  std::size_t last_index_ = 0;         // of the block last started
  std::optional<std::string> message_id_;
  bool told_again_ = false;  // its message_start came a second time
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
  auto& block = open->second;
  if (hot_.is("text_delta", "text") && block.type == "text") {
    text(block, std::move(hot_.value), sink);
  } else if (hot_.is("thinking_delta", "thinking") && block.type == "thinking") {
    sink.on_event(stream::ThinkingDelta{2 * block.number, std::move(hot_.value)});
  } else if (hot_.is("input_json_delta", "partial_json") && block.type == "tool_use") {
    if (!hot_.value.empty()) block.input.clear();
    sink.on_event(stream::ToolCallDelta{2 * block.number, std::move(hot_.value)});
  } else {
    return false;
  }
  return true;
}

Result<void> AnthropicDecoder::dispatch(const Json& json, const std::string& sse_type, DecodeSink& sink) {
  if (!json.is_object()) return fail(broken_reply("the model API sent an event that is no JSON object", endpoint_));
  auto type = text_at(json, "type");
  if (type.empty()) type = sse_type;
  const bool indexed = json.contains("index");
  const auto index = indexed ? size_at(json, "index") : last_index_;
  if (type == "message_start") {
    start_message(object_at(json, "message"), sink);
  } else if (type == "content_block_start") {
    start_block(indexed ? index : next_number(), object_at(json, "content_block"), sink);
  } else if (type == "content_block_delta") {
    delta(index, object_at(json, "delta"), sink);
  } else if (type == "content_block_stop") {
    end_block(index, sink);
  } else if (type == "message_delta") {
    usage(object_at(json, "usage"), sink);
    stop(object_at(json, "delta"), sink);
  } else if (type == "message_stop") {
    for (auto& [open, block] : open_) tell_input(block, sink);
    complete_ = true;
  } else if (type == "error" || (type != "ping" && has_error(json))) {
    return fail(explain(failure_in(0, json), endpoint_));
  }
  return {};  // pings and what is not known yet
}

// `content` may already hold whole blocks (programmatic tool calling, and a reply that came as one JSON body). Gateways
// send a second message_start: another message goes on where the first ended, the same one may be told from the start.
void AnthropicDecoder::start_message(const Json& message, DecodeSink& sink) {
  auto id = text_at(message, "id");
  told_again_ = message_id_ == id;
  message_id_ = std::move(id);
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

void AnthropicDecoder::text(Block& block, std::string text, DecodeSink& sink) {
  block.text += text;
  sink.on_event(stream::TextDelta{2 * block.number, std::move(text)});
}

void AnthropicDecoder::take_back_all(DecodeSink& sink) {
  for (const auto number : numbers_) {
    sink.on_event(stream::NativeBlock{2 * number, endpoint_.provider.name, ""});
    sink.on_event(stream::NativeBlock{2 * number + 1, endpoint_.provider.name, ""});
  }
  numbers_.clear();
  open_.clear();
}

// Where the index had a block before, that one is over: behind gateways every block may have the index 0.
AnthropicDecoder::Block& AnthropicDecoder::new_block(std::size_t index, DecodeSink& sink) {
  const bool reused = numbers_.contains(index);
  if (std::exchange(told_again_, false) && reused) take_back_all(sink);
  if (const auto before = open_.find(index); before != open_.end()) tell_held(before->second, sink);
  const auto number = numbers_.contains(index) ? next_number() : index;
  numbers_.insert(number);
  last_index_ = index;
  return open_[index] = Block{.number = number};
}

void AnthropicDecoder::start_block(std::size_t index, const Json& block, DecodeSink& sink) {
  auto& open = new_block(index, sink);
  const auto number = 2 * open.number;
  open.type = text_at(block, "type");
  if (open.type == "text") {
    text(open, text_at(block, "text"), sink);
    for (const auto& citation : array_at(block, "citations")) open.citations.push_back(citation);
  } else if (open.type == "thinking") {
    sink.on_event(stream::ThinkingDelta{number, text_at(block, "thinking")});
    if (auto signature = text_at(block, "signature"); !signature.empty()) {
      sink.on_event(stream::Signature{number, std::move(signature), false});
    }
  } else if (open.type == "redacted_thinking") {
    sink.on_event(stream::Signature{number, text_at(block, "data"), true});
  } else if (open.type == "tool_use") {
    sink.on_event(stream::ToolCallBegin{number, text_at(block, "id"), text_at(block, "name")});
    const auto input = block.find("input");
    if (input != block.end() && !input->empty()) open.input = chat::dump(*input);
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
    text(open, text_at(delta, "text"), sink);
  } else if (type == "thinking_delta") {
    sink.on_event(stream::ThinkingDelta{2 * open.number, text_at(delta, "thinking")});
  } else if (type == "signature_delta") {
    sink.on_event(stream::Signature{2 * open.number, text_at(delta, "signature"), false});
  } else if (type == "input_json_delta") {
    auto piece = text_at(delta, "partial_json");
    if (!piece.empty()) open.input.clear();
    sink.on_event(stream::ToolCallDelta{2 * open.number, std::move(piece)});
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
  tell_held(found->second, sink);
  sink.on_block_end(2 * found->second.number);
  open_.erase(found);
}

// What of a block is told when it is over.
void AnthropicDecoder::tell_held(Block& block, DecodeSink& sink) {
  tell_input(block, sink);
  if (block.native.is_object()) tell_native(block, sink);
  if (block.type != "text" || block.citations.empty()) return;
  const Json cited = {{"type", "text"}, {"text", block.text}, {"citations", block.citations}};
  sink.on_event(stream::NativeBlock{2 * block.number + 1, endpoint_.provider.name, chat::dump(cited)});
}

void AnthropicDecoder::tell_input(Block& block, DecodeSink& sink) {
  if (!block.input.empty()) sink.on_event(stream::ToolCallDelta{2 * block.number, std::exchange(block.input, {})});
}

// A server tool's input goes back byte for byte, in its place among the keys.
void AnthropicDecoder::tell_native(Block& block, DecodeSink& sink) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  if (!block.partial.empty() && !block.native.contains("input")) block.native["input"] = nullptr;
  for (const auto& [key, value] : block.native.items()) {
    json.key(key).raw(key == "input" && !block.partial.empty() ? object_text(block.partial) : chat::dump(value));
  }
  json.end_object();
  sink.on_event(stream::NativeBlock{2 * block.number, endpoint_.provider.name, std::move(text)});
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
