#include "provider/gemini.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"
#include "provider/address.hpp"
#include "provider/api_error.hpp"
#include "provider/gemini_arguments.hpp"
#include "provider/gemini_chunk.hpp"
#include "provider/gemini_settings.hpp"
#include "provider/http_provider.hpp"
#include "provider/json_text.hpp"
#include "provider/wire_value.hpp"

namespace errand::provider {

namespace stream = chat::stream;
using chat::StopReason;

namespace {

// Chunks that may come before one names the model: some servers never do.
constexpr int most_unnamed = 4;

/// What a `finishReason` means.
enum class Ending {
  reply,    ///< the model ended it: STOP, and whatever is unknown
  tokens,   ///< the output limit
  refusal,  ///< a filter withheld the rest
  failure,  ///< no reply: another try may bring one
  lasting   ///< no reply, nor will another try bring one
};
struct EndingRow {
  std::string_view name;
  Ending ending;
};
constexpr std::array endings = {
    EndingRow{"BLOCKLIST", Ending::refusal},
    EndingRow{"IMAGE_PROHIBITED_CONTENT", Ending::refusal},
    EndingRow{"IMAGE_RECITATION", Ending::refusal},
    EndingRow{"IMAGE_SAFETY", Ending::refusal},
    EndingRow{"LANGUAGE", Ending::refusal},
    EndingRow{"MALFORMED_FUNCTION_CALL", Ending::failure},
    EndingRow{"MALFORMED_RESPONSE", Ending::failure},
    EndingRow{"MAX_TOKENS", Ending::tokens},
    EndingRow{"MISSING_THOUGHT_SIGNATURE", Ending::lasting},
    EndingRow{"MODEL_ARMOR", Ending::refusal},
    EndingRow{"PROHIBITED_CONTENT", Ending::refusal},
    EndingRow{"RECITATION", Ending::refusal},
    EndingRow{"SAFETY", Ending::refusal},
    EndingRow{"SPII", Ending::refusal},
    EndingRow{"TOO_MANY_TOOL_CALLS", Ending::lasting},
    EndingRow{"UNEXPECTED_TOOL_CALL", Ending::failure},
};
static_assert(std::ranges::is_sorted(endings, {}, &EndingRow::name));

Ending ending_of(std::string_view finish_reason) {
  const auto* found = std::ranges::find(endings, finish_reason, &EndingRow::name);
  return found == endings.end() ? Ending::reply : found->ending;
}

bool is_true(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_boolean() && found->get<bool>();
}

// Whether the part is one that can be sent back: its data is an object, whatever its kind.
bool holds_data(const Json& part) {
  for (const auto& [key, value] : part.items()) {
    if (value.is_object() && key != "partMetadata" && key != "videoMetadata") return true;
  }
  return false;
}

// The part as it came, with its text first, so that the text it stands for can be told from its beginning.
std::string signed_text(const Json& part) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("text", text_at(part, "text"));
  for (const auto& [key, value] : part.items()) {
    if (key != "text") json.key(key).raw(chat::dump(value));
  }
  json.end_object();
  return out;
}

class GeminiDecoder final : public Decoder {
 public:
  explicit GeminiDecoder(const Endpoint& endpoint) : endpoint_(endpoint) {}

  Result<void> on_sse(const http::SseEvent& event, DecodeSink& sink) override;
  Result<void> on_json(std::string_view body, DecodeSink& sink) override;
  Result<void> on_end(DecodeSink& sink) override;

 private:
  enum class Kind { none, text, thinking };
  /// A call whose arguments are still coming.
  struct OpenCall {
    std::size_t block = 0;
    GeminiArguments arguments;
  };

  bool hot_chunk(const std::string& data, DecodeSink& sink);
  Result<void> chunk(const Json& json, DecodeSink& sink);
  Result<void> candidate(const Json& candidate, DecodeSink& sink);
  Result<void> part(const Json& part, DecodeSink& sink);
  void text(std::string text, DecodeSink& sink);
  void thinking(const Json& part, DecodeSink& sink);
  void native(std::string json, DecodeSink& sink);
  Result<void> call(const Json& call, std::string signature, DecodeSink& sink);
  Result<void> arguments(const Json& call);
  void end_call(DecodeSink& sink);
  Result<void> finish(const Json& candidate);
  void keep_grounding(const Json& candidate);
  void counts(const GeminiCounts& counts, DecodeSink& sink);
  std::size_t block_of(Kind kind);
  [[nodiscard]] Error stream_error(const Json& json) const;
  [[nodiscard]] Error misplaced_piece() const {
    return broken_reply("the model API sent a piece of a tool call that fits nowhere", endpoint_);
  }

  Endpoint endpoint_;
  GeminiChunk hot_;
  GeminiCounts counts_;
  std::optional<OpenCall> open_;
  Json grounding_ = Json::object();
  std::optional<StopReason> stop_;
  std::size_t held_bytes_ = 0;  // that no event has told yet
  std::size_t next_block_ = 0;
  Kind kind_ = Kind::none;
  int unnamed_ = 0;
  bool started_ = false;
  bool lost_call_ = false;  // one ended before its arguments did
};

Result<void> GeminiDecoder::on_sse(const http::SseEvent& event, DecodeSink& sink) {
  if (is_filler(event)) return {};
  if ((started_ || ++unnamed_ > most_unnamed) && hot_chunk(event.data, sink)) return {};
  if (is_plain_error(event)) return fail(explain(read_failure(0, event.data), endpoint_));
  ERRAND_TRY_ASSIGN(const auto json, parse_wire(event.data, endpoint_));
  if (event.type == "error") return fail(stream_error(json));
  if (!json.is_array()) {
    ERRAND_TRY(chunk(json, sink));
  } else {
    for (const auto& item : json) ERRAND_TRY(chunk(item, sink));
  }
  if (open_) held_bytes_ += event.data.size();
  if (held_bytes_ <= HttpProvider::max_reply_bytes) return {};
  return fail(ErrorKind::limit, fmt::format("the reply exceeds {} bytes", HttpProvider::max_reply_bytes));
}

// One response, or (without `alt=sse`) a list of them.
Result<void> GeminiDecoder::on_json(std::string_view body, DecodeSink& sink) {
  ERRAND_TRY_ASSIGN(const auto json, parse_wire(body, endpoint_));
  if (json.is_array()) {
    for (const auto& item : json) ERRAND_TRY(chunk(item, sink));
    return {};
  }
  const bool response =
      json.contains("candidates") || json.contains("promptFeedback") || json.contains("usageMetadata");
  if (!response) return fail(explain(failure_in(0, json), endpoint_));
  return chunk(json, sink);
}

// Google's own 499 says that the server gave up: no HTTP status of ours, and another try may do.
Error GeminiDecoder::stream_error(const Json& json) const {
  auto failure = failure_in(0, json);
  if (failure.status == 499) failure.status = 0;
  return explain(failure, endpoint_);
}

bool GeminiDecoder::hot_chunk(const std::string& data, DecodeSink& sink) {
  hot_.counts = counts_;
  if (!scan_gemini_chunk(data, hot_)) return false;
  counts(hot_.counts, sink);
  if (!hot_.thought) {
    text(std::move(hot_.text), sink);
  } else if (!hot_.text.empty()) {
    sink.on_event(stream::ThinkingDelta{block_of(Kind::thinking), std::move(hot_.text)});
  }
  return true;
}

Result<void> GeminiDecoder::chunk(const Json& json, DecodeSink& sink) {
  if (!json.is_object()) return fail(broken_reply("the model API sent a chunk that is no JSON object", endpoint_));
  if (auto model = text_at(json, "modelVersion"); !model.empty() && !started_) {
    started_ = true;
    sink.on_event(stream::Started{std::move(model)});
  }
  auto told = counts_;
  told.read(object_at(json, "usageMetadata"));
  counts(told, sink);
  if (has_error(json)) return fail(stream_error(json));
  const auto& feedback = object_at(json, "promptFeedback");
  if (feedback.contains("blockReason") || feedback.contains("blockReasonMessage")) stop_ = StopReason::refusal;
  for (const auto& item : array_at(json, "candidates")) {
    if (item.is_object() && size_at(item, "index") == 0) ERRAND_TRY(candidate(item, sink));
  }
  return {};
}

void GeminiDecoder::counts(const GeminiCounts& counts, DecodeSink& sink) {
  if (counts == counts_) return;
  counts_ = counts;
  sink.on_event(stream::UsageReport{counts_.usage()});
}

Result<void> GeminiDecoder::candidate(const Json& candidate, DecodeSink& sink) {
  for (const auto& item : array_at(object_at(candidate, "content"), "parts")) {
    if (item.is_object()) ERRAND_TRY(part(item, sink));
  }
  keep_grounding(candidate);
  return finish(candidate);
}

Result<void> GeminiDecoder::finish(const Json& candidate) {
  const auto reason = text_at(candidate, "finishReason");
  if (reason.empty() || reason == "FINISH_REASON_UNSPECIFIED") return {};
  switch (ending_of(reason)) {
    case Ending::reply:
      stop_ = StopReason::end_turn;
      return {};
    case Ending::tokens:
      stop_ = StopReason::max_tokens;
      return {};
    case Ending::refusal:
      stop_ = StopReason::refusal;
      return {};
    case Ending::failure:
    case Ending::lasting:
      break;
  }
  const auto said = public_text(text_at(candidate, "finishMessage"), endpoint_);
  const bool retryable = ending_of(reason) == Ending::failure;
  return fail({retryable ? ErrorKind::unavailable : ErrorKind::failure,
               fmt::format("the model's reply can't be used ({}){}{}", reason, said.empty() ? "" : ": ", said),
               retryable ? "try again, or choose another model" : "start a new session, or choose another model",
               {},
               {},
               retryable});
}

// Text after a call, or after thinking, is a block of its own.
std::size_t GeminiDecoder::block_of(Kind kind) {
  if (kind_ != kind) ++next_block_;
  kind_ = kind;
  return next_block_;
}

void GeminiDecoder::text(std::string text, DecodeSink& sink) {
  if (text.empty()) return;
  sink.on_event(stream::TextDelta{block_of(Kind::text), std::move(text)});
}

void GeminiDecoder::native(std::string json, DecodeSink& sink) {
  kind_ = Kind::none;
  sink.on_event(stream::NativeBlock{++next_block_, endpoint_.provider.name, std::move(json)});
}

void GeminiDecoder::thinking(const Json& part, DecodeSink& sink) {
  auto signature = text_at(part, "thoughtSignature");
  auto text = text_at(part, "text");
  if (text.empty() && signature.empty()) return;
  const auto block = block_of(Kind::thinking);
  if (!text.empty()) sink.on_event(stream::ThinkingDelta{block, std::move(text)});
  if (signature.empty()) return;
  sink.on_event(stream::Signature{block, std::move(signature), false});
  kind_ = Kind::none;
}

// A part with a signature is never joined with another: the signature holds for that part alone.
Result<void> GeminiDecoder::part(const Json& part, DecodeSink& sink) {
  auto signature = text_at(part, "thoughtSignature");
  const auto function = part.find("functionCall");
  if (function != part.end() && function->is_object()) return call(*function, std::move(signature), sink);
  const bool bare_signature = part.size() == 1 && !signature.empty();
  const bool is_text = bare_signature || (part.contains("text") && part.at("text").is_string());
  if (is_true(part, "thought")) {
    if (is_text) thinking(part, sink);  // pictures of thoughts are for nobody
  } else if (is_text && signature.empty()) {
    text(text_at(part, "text"), sink);
  } else if (is_text) {
    kind_ = Kind::none;
    text(text_at(part, "text"), sink);
    native(signed_text(part), sink);
  } else if (holds_data(part)) {
    native(chat::dump(part), sink);
  }
  return {};
}

// A part with a name begins a call, which is whole with the first part that announces no more of it: that may hold the
// last of its arguments, or nothing.
Result<void> GeminiDecoder::call(const Json& call, std::string signature, DecodeSink& sink) {
  auto name = text_at(call, "name");
  if (!name.empty()) {
    lost_call_ = lost_call_ || open_.has_value();
    kind_ = Kind::none;
    open_ = OpenCall{++next_block_, {}};
    sink.on_event(stream::ToolCallBegin{open_->block, text_at(call, "id"), std::move(name)});
  }
  if (!open_) return array_at(call, "partialArgs").empty() ? Result<void>() : fail(misplaced_piece());
  if (!signature.empty()) sink.on_event(stream::ToolCallSignature{open_->block, std::move(signature)});
  ERRAND_TRY(arguments(call));
  if (!is_true(call, "willContinue")) end_call(sink);
  return {};
}

Result<void> GeminiDecoder::arguments(const Json& call) {
  if (const auto& whole = object_at(call, "args"); !whole.empty()) open_->arguments.add_whole(whole);
  for (const auto& piece : array_at(call, "partialArgs")) {
    if (!piece.is_object() || !open_->arguments.add(piece)) return fail(misplaced_piece());
  }
  return {};
}

void GeminiDecoder::end_call(DecodeSink& sink) {
  const auto& value = open_->arguments.value();
  sink.on_event(stream::ToolCallDelta{open_->block, chat::dump(value)});
  sink.on_block_end(open_->block);
  open_.reset();
}

// What is told about the candidate beside its parts. Citations come bit by bit, the rest overwrites.
void GeminiDecoder::keep_grounding(const Json& candidate) {
  for (const char* key : {"groundingMetadata", "urlContextMetadata", "citationMetadata"}) {
    const auto& told = object_at(candidate, key);
    if (told.empty()) continue;
    held_bytes_ += chat::dump(told).size();
    auto& held = grounding_[key];
    const auto& sources = array_at(told, "citationSources");
    if (held.is_object() && held.contains("citationSources") && !sources.empty()) {
      for (const auto& source : sources) held["citationSources"].push_back(source);
    } else {
      held = told;
    }
  }
}

Result<void> GeminiDecoder::on_end(DecodeSink& sink) {
  if (!stop_) return fail(broken_reply("the model API's stream ended before the reply was complete", endpoint_));
  if ((open_ || lost_call_) && *stop_ == StopReason::end_turn) {
    return fail(broken_reply("the model API ended the reply before a tool call was complete", endpoint_));
  }
  if (!grounding_.empty()) native(chat::dump(Json{{"candidate", grounding_}}), sink);
  sink.on_event(stream::Finished{*stop_});
  return {};
}

class GeminiCodec final : public Codec {
 public:
  [[nodiscard]] http::Request encode(const Request& request, const Endpoint& endpoint) const override;
  [[nodiscard]] std::unique_ptr<Decoder> decoder(const Endpoint& endpoint) const override {
    return make_gemini_decoder(endpoint);
  }
  [[nodiscard]] Error error_of(const http::ResponseHead& head, std::string_view body,
                               const Endpoint& endpoint) const override {
    return explain(read_failure(head.status, body), endpoint);
  }
  [[nodiscard]] std::vector<chat::event::Warning> left_out(const Request& request,
                                                           const Endpoint& endpoint) const override {
    return gemini_left_out(request, endpoint);
  }
  [[nodiscard]] std::optional<http::Request> encode_count(const Request& request,
                                                          const Endpoint& endpoint) const override;
  [[nodiscard]] std::optional<std::int64_t> read_count(std::string_view body) const override;
};

http::Request post(std::string url, const Endpoint& endpoint) {
  http::Request out;
  out.url = std::move(url);
  out.headers = {{"content-type", "application/json"}};
  for (auto& header : key_headers(endpoint.provider)) out.headers.push_back(std::move(header));
  return out;
}

http::Request GeminiCodec::encode(const Request& request, const Endpoint& endpoint) const {
  auto url = gemini_url(endpoint, "streamGenerateContent");
  url += url.find('?') == std::string::npos ? "?alt=sse" : "&alt=sse";
  auto out = post(std::move(url), endpoint);
  out.headers.push_back({"accept", "text/event-stream"});
  out.body = gemini_body(request, endpoint);
  return out;
}

// The Gemini API counts a whole request in an envelope, Vertex AI takes its parts as they are.
std::optional<http::Request> GeminiCodec::encode_count(const Request& request, const Endpoint& endpoint) const {
  auto out = post(gemini_url(endpoint, "countTokens"), endpoint);
  out.body = gemini_body({request.system, request.history, request.tools}, endpoint);
  if (endpoint.provider.base_url.find("/publishers/") != std::string::npos) return out;
  std::string envelope;
  JsonWriter json(envelope);
  json.begin_object().key("generateContentRequest").begin_object();
  json.field("model", gemini_resource(endpoint.model.id));
  envelope += ',';
  envelope.append(out.body, 1);  // the body's fields and its brace
  json.end_object();
  out.body = std::move(envelope);
  return out;
}

std::optional<std::int64_t> GeminiCodec::read_count(std::string_view body) const {
  const auto json = chat::parse_json(body);
  if (!json || !json->is_object() || !json->contains("totalTokens")) return std::nullopt;
  std::int64_t out = -1;
  overwrite(out, *json, "totalTokens");
  return out < 0 ? std::nullopt : std::optional(out);
}

}  // namespace

std::string signed_text_prefix(std::string_view text) {
  std::string out = "{\"text\":";
  append_json_string(out, text);
  return out;
}

std::unique_ptr<Decoder> make_gemini_decoder(const Endpoint& endpoint) {
  return std::make_unique<GeminiDecoder>(endpoint);
}

std::unique_ptr<Codec> make_gemini_codec() {
  return std::make_unique<GeminiCodec>();
}

}  // namespace errand::provider
