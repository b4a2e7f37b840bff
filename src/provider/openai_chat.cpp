#include "provider/openai_chat.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"
#include "provider/api_error.hpp"
#include "provider/json_text.hpp"
#include "provider/openai_codec.hpp"
#include "provider/openai_hot_chunk.hpp"
#include "provider/wire_value.hpp"

namespace errand::provider {

namespace stream = chat::stream;
using chat::StopReason;

namespace {

// Azure names the model with the second chunk or so; some servers never do.
constexpr int most_unnamed = 8;

// What `finish_reason` means, in all the dialects; what is not here is an end.
struct Ending {
  std::string_view name;           // in lower case
  std::optional<StopReason> stop;  // nullopt: no reply, another try may bring one
};
constexpr std::array endings = {
    Ending{"abort", std::nullopt},
    Ending{"blocklist", StopReason::refusal},
    Ending{"error", std::nullopt},
    Ending{"function_call", StopReason::tool_use},
    Ending{"insufficient_system_resource", std::nullopt},
    Ending{"length", StopReason::max_tokens},
    Ending{"max_completion_tokens", StopReason::max_tokens},
    Ending{"max_output_tokens", StopReason::max_tokens},
    Ending{"max_tokens", StopReason::max_tokens},
    Ending{"model_context_window_exceeded", StopReason::context_window},
    Ending{"model_length", StopReason::context_window},
    Ending{"network_error", std::nullopt},
    Ending{"prohibited_content", StopReason::refusal},
    Ending{"recitation", StopReason::refusal},
    Ending{"refusal", StopReason::refusal},
    Ending{"safety", StopReason::refusal},
    Ending{"sensitive", StopReason::refusal},
    Ending{"spii", StopReason::refusal},
    Ending{"tool_calls", StopReason::tool_use},
    Ending{"tool_use", StopReason::tool_use},
};

std::optional<StopReason> stop_of(const std::string& finish_reason) {
  const auto wire = text::lower(finish_reason);
  if (wire.starts_with("content_filter")) return StopReason::refusal;  // some say after it why
  const auto* found = std::ranges::find(endings, wire, &Ending::name);
  return found == endings.end() ? StopReason::end_turn : found->stop;
}

// Most count the cached part in prompt_tokens_details, DeepSeek and Moonshot beside it.
chat::Usage usage_of(const Json& wire) {
  const auto& prompt_details = object_at(wire, "prompt_tokens_details");
  std::int64_t prompt = 0;
  std::int64_t total = 0;
  chat::Usage out;
  overwrite(prompt, wire, "prompt_tokens");
  overwrite(total, wire, "total_tokens");
  overwrite(out.output, wire, "completion_tokens");
  overwrite(out.cache_read, wire, "prompt_cache_hit_tokens");
  overwrite(out.cache_read, wire, "cached_tokens");
  overwrite(out.cache_read, prompt_details, "cached_tokens");
  overwrite(out.cache_write, wire, "cache_creation_input_tokens");
  overwrite(out.cache_write, prompt_details, "cache_write_tokens");
  overwrite(out.reasoning, wire, "reasoning_tokens");
  overwrite(out.reasoning, object_at(wire, "completion_tokens_details"), "reasoning_tokens");
  settle_usage(out, prompt, total);
  return out;
}

// reasoning_details arrive in pieces: text of the same kind and index is one entry, the rest is appended.
void merge_detail(Json& details, const Json& piece) {
  constexpr std::array<std::string_view, 2> texts = {"text", "summary"};
  auto* last = details.empty() ? nullptr : &details.back();
  const auto same = [&](const char* key) { return last->value(key, Json()) == piece.value(key, Json()); };
  if (last == nullptr || !same("type") || !same("index") || !same("id") || piece.contains("data")) {
    details.push_back(piece);
    return;
  }
  for (const auto& [key, value] : piece.items()) {
    const bool appended = std::ranges::find(texts, key) != texts.end();
    auto& held = (*last)[key];
    if (appended && held.is_string() && value.is_string()) {
      held = held.get<std::string>() + value.get<std::string>();
    } else if (!value.is_null()) {
      held = value;
    }
  }
}

class OpenAiChatDecoder final : public Decoder {
 public:
  explicit OpenAiChatDecoder(const Endpoint& endpoint) : endpoint_(endpoint) {}

  Result<void> on_sse(const http::SseEvent& event, DecodeSink& sink) override {
    done_ = done_ || event.data == done_mark;
    if (done_ || is_filler(event)) return {};
    if ((started_ || ++unnamed_ > most_unnamed) && hot_chunk(event.data, sink)) return {};
    if (is_plain_error(event)) return fail(explain(read_failure(0, event.data), endpoint_));
    ERRAND_TRY_ASSIGN(const auto json, parse_wire(event.data, endpoint_));
    if (event.type == "error") return fail(explain(failure_in(0, json), endpoint_));
    return chunk(json, sink);
  }

  Result<void> on_json(std::string_view body, DecodeSink& sink) override {
    ERRAND_TRY_ASSIGN(const auto json, parse_wire(body, endpoint_));
    ERRAND_TRY(chunk(json, sink));
    if (array_at(json, "choices").empty()) return fail(explain(failure_in(0, json), endpoint_));
    done_ = true;
    return {};
  }

  Result<void> on_end(DecodeSink& sink) override;
  [[nodiscard]] bool ended() const override { return done_; }

 private:
  enum class Kind { none, text, thinking };
  struct Call {
    std::optional<std::size_t> index;  // the wire's own, when it has one
    std::string id;
    std::string name;
    std::string arguments;  // so far; not yet reported while the name is missing
    std::size_t block = 0;
    bool begun = false;
  };

  bool hot_chunk(const std::string& data, DecodeSink& sink);
  Result<void> chunk(const Json& json, DecodeSink& sink);
  void usage(const Json& json, DecodeSink& sink);
  Result<void> choice(const Json& choice, DecodeSink& sink);
  void delta(const Json& delta, DecodeSink& sink);
  void content(const Json& content, DecodeSink& sink);
  void text(std::string text, DecodeSink& sink);
  void thinking(std::string text, DecodeSink& sink);
  std::size_t block_of(Kind kind);
  Call& call_for(const Json& wire, DecodeSink& sink);
  void tool_call(const Json& wire, DecodeSink& sink);
  void end_calls(DecodeSink& sink);

  Endpoint endpoint_;
  HotChunk hot_;
  std::vector<Call> calls_;
  std::size_t ended_calls_ = 0;
  Json details_ = Json::array();
  std::optional<StopReason> stop_;
  std::size_t next_block_ = 0;
  Kind kind_ = Kind::none;
  int unnamed_ = 0;  // chunks before the model's name came
  bool refused_ = false;
  bool started_ = false;
  bool done_ = false;
};

// Text after a tool call, or after thinking, is a block of its own.
std::size_t OpenAiChatDecoder::block_of(Kind kind) {
  if (kind_ != kind) ++next_block_;
  kind_ = kind;
  return next_block_;
}

void OpenAiChatDecoder::text(std::string text, DecodeSink& sink) {
  if (text.empty()) return;
  sink.on_event(stream::TextDelta{block_of(Kind::text), std::move(text)});
}

void OpenAiChatDecoder::thinking(std::string text, DecodeSink& sink) {
  if (text.empty()) return;
  sink.on_event(stream::ThinkingDelta{block_of(Kind::thinking), std::move(text)});
}

bool OpenAiChatDecoder::hot_chunk(const std::string& data, DecodeSink& sink) {
  hot_.content.clear();
  hot_.reasoning_content.clear();
  hot_.reasoning.clear();
  hot_.arguments.clear();
  hot_.has_call = false;
  if (!scan_hot_chunk(data, hot_)) return false;
  const auto call =
      std::find_if(calls_.rbegin(), calls_.rend(), [&](const Call& c) { return c.index == hot_.call_index; });
  if (hot_.has_call && (call == calls_.rend() || !call->begun)) return false;
  thinking(std::move(hot_.reasoning_content.empty() ? hot_.reasoning : hot_.reasoning_content), sink);
  text(std::move(hot_.content), sink);
  if (hot_.has_call && !hot_.arguments.empty()) {
    call->arguments += hot_.arguments;
    sink.on_event(stream::ToolCallDelta{call->block, std::move(hot_.arguments)});
  }
  return true;
}

// Where servers tell it: beside the choices, below Groq's own key, in a choice (Moonshot).
void OpenAiChatDecoder::usage(const Json& json, DecodeSink& sink) {
  const auto& choices = array_at(json, "choices");
  for (const auto* holder : {&json, &object_at(json, "x_groq"), choices.empty() ? &json : &choices.front()}) {
    const auto& told = object_at(*holder, "usage");
    if (!told.empty()) return sink.on_event(stream::UsageReport{usage_of(told)});
  }
}

Result<void> OpenAiChatDecoder::chunk(const Json& json, DecodeSink& sink) {
  if (!json.is_object()) return fail(broken_reply("the model API sent a chunk that is no JSON object", endpoint_));
  const bool bare = !json.contains("choices") && (text_at(json, "object") == "error" || json.contains("detail"));
  if (auto model = text_at(json, "model"); !model.empty() && !started_) {
    started_ = true;
    sink.on_event(stream::Started{std::move(model)});
  }
  usage(json, sink);
  if (has_error(json) || bare) return fail(explain(failure_in(0, json), endpoint_));
  for (const auto& item : array_at(json, "choices")) {
    if (item.is_object() && size_at(item, "index") == 0) ERRAND_TRY(choice(item, sink));
  }
  return {};
}

// `message` stands where `delta` does in a reply that came as one JSON body, and in some servers' last chunk again:
// then what it holds has been streamed already.
Result<void> OpenAiChatDecoder::choice(const Json& choice, DecodeSink& sink) {
  if (has_error(choice)) return fail(explain(failure_in(0, Json{{"error", choice.at("error")}}), endpoint_));
  if (choice.contains("delta")) {
    delta(object_at(choice, "delta"), sink);
  } else if (next_block_ == 0) {
    delta(object_at(choice, "message"), sink);
  }
  const auto finish = text_at(choice, "finish_reason");
  if (finish.empty()) return {};
  stop_ = stop_of(finish);
  if (stop_) return {};
  return fail(broken_reply(fmt::format("the model API broke the reply off ({})", text::lower(finish)), endpoint_));
}

void OpenAiChatDecoder::delta(const Json& delta, DecodeSink& sink) {
  auto reasoning = text_at(delta, "reasoning_content");
  if (reasoning.empty()) reasoning = text_at(delta, "reasoning");
  thinking(std::move(reasoning), sink);
  for (const auto& piece : array_at(delta, "reasoning_details")) {
    if (piece.is_object()) merge_detail(details_, piece);
  }
  if (const auto found = delta.find("content"); found != delta.end()) content(*found, sink);
  if (auto refusal = text_at(delta, "refusal"); !refusal.empty()) {
    refused_ = true;
    text(std::move(refusal), sink);
  }
  for (const auto& wire : array_at(delta, "tool_calls")) {
    if (wire.is_object()) tool_call(wire, sink);
  }
}

// A string, or (Mistral) a list of {"type":"text"} and {"type":"thinking","thinking":[{"type":"text"}]}.
void OpenAiChatDecoder::content(const Json& content, DecodeSink& sink) {
  if (content.is_string()) return text(content.get<std::string>(), sink);
  if (!content.is_array()) return;
  for (const auto& part : content) {
    text(text_at(part, "text"), sink);
    thinking(text_at(part, "thinking"), sink);
    for (const auto& thought : array_at(part, "thinking")) thinking(text_at(thought, "text"), sink);
  }
}

// Which call a piece belongs to. Servers leave out the index, number every call 0, or give every piece a new id: a new
// call has a name and an id that the one at its place has not; or a name where, without ids, that one is already whole.
OpenAiChatDecoder::Call& OpenAiChatDecoder::call_for(const Json& wire, DecodeSink& sink) {
  const auto id = text_at(wire, "id");
  const auto name = text_at(object_at(wire, "function"), "name");
  std::optional<std::size_t> index;
  if (wire.contains("index") && wire.at("index").is_number_unsigned()) index = size_at(wire, "index");
  const auto at_place = std::find_if(calls_.rbegin(), calls_.rend(), [&](const Call& call) {
    return index ? call.index == index : id.empty() || call.id == id || name.empty();
  });
  const bool other_id = at_place != calls_.rend() && !id.empty() && !at_place->id.empty() && at_place->id != id;
  const auto follows = [&] {
    const bool same_id = !id.empty() && at_place->id == id;
    return other_id || (!index && id.empty()) || (!same_id && is_object_text(at_place->arguments));
  };
  const bool second = at_place != calls_.rend() && !name.empty() && at_place->begun && follows();
  if (at_place != calls_.rend() && !second) return *at_place;
  end_calls(sink);
  calls_.push_back({index, id, {}, {}, ++next_block_, false});
  kind_ = Kind::none;
  return calls_.back();
}

void OpenAiChatDecoder::tool_call(const Json& wire, DecodeSink& sink) {
  auto& call = call_for(wire, sink);
  const auto& function = object_at(wire, "function");
  if (call.id.empty()) call.id = text_at(wire, "id");
  auto arguments = text_at(function, "arguments");
  if (const auto& object = object_at(function, "arguments"); !object.empty()) arguments = chat::dump(object);
  if (!call.begun) {
    call.name = text_at(function, "name");
    call.arguments += arguments;
    if (call.name.empty()) return;
    call.begun = true;
    sink.on_event(stream::ToolCallBegin{call.block, call.id, call.name});
    arguments = call.arguments;
  } else {
    call.arguments += arguments;
  }
  if (!arguments.empty()) sink.on_event(stream::ToolCallDelta{call.block, std::move(arguments)});
}

void OpenAiChatDecoder::end_calls(DecodeSink& sink) {
  for (; ended_calls_ < calls_.size(); ++ended_calls_) sink.on_block_end(calls_[ended_calls_].block);
}

Result<void> OpenAiChatDecoder::on_end(DecodeSink& sink) {
  if (!done_ && !stop_) {
    return fail(broken_reply("the model API's stream ended before the reply was complete", endpoint_));
  }
  const auto stop = refused_ ? StopReason::refusal : stop_.value_or(StopReason::end_turn);
  if (stop != StopReason::max_tokens && stop != StopReason::context_window) end_calls(sink);
  if (!details_.empty()) {
    const Json native = {{"reasoning_details", details_}};
    sink.on_event(stream::NativeBlock{++next_block_, endpoint_.provider.name, chat::dump(native)});
  }
  sink.on_event(stream::Finished{stop});
  return {};
}

}  // namespace

std::unique_ptr<Decoder> make_openai_chat_decoder(const Endpoint& endpoint) {
  return std::make_unique<OpenAiChatDecoder>(endpoint);
}

std::unique_ptr<Codec> make_openai_chat_codec() {
  return make_openai_codec({"/chat/completions", openai_chat_body, make_openai_chat_decoder, openai_chat_left_out});
}

}  // namespace errand::provider
