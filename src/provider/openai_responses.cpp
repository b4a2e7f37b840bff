#include "provider/openai_responses.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.hpp"
#include "base/try.hpp"
#include "provider/api_error.hpp"
#include "provider/json_text.hpp"
#include "provider/openai_codec.hpp"
#include "provider/openai_responses_items.hpp"
#include "provider/wire_value.hpp"

namespace errand::provider {

namespace stream = chat::stream;
using chat::StopReason;
using Kind = ItemText::Kind;

namespace {

// The events that bring text, as "<prefix>.delta" in pieces and as "<prefix>.done" whole.
struct TextEvent {
  std::string_view prefix;
  Kind kind;
  const char* part_key;
  const char* whole_key;
};
constexpr std::array text_events = {
    TextEvent{"response.output_text", Kind::answer, "content_index", "text"},
    TextEvent{"response.reasoning_summary_text", Kind::summary, "summary_index", "text"},
    TextEvent{"response.reasoning_text", Kind::reasoning, "content_index", "text"},
    TextEvent{"response.refusal", Kind::refusal, "content_index", "refusal"},
};
constexpr std::array<std::string_view, 2> argument_events = {"response.function_call_arguments",
                                                             "response.custom_tool_call_input"};
constexpr std::string_view delta_suffix = ".delta";
constexpr std::string_view done_suffix = ".done";

// "response.output_text.delta" without ".delta"; empty when it ends otherwise.
std::string_view without(std::string_view type, std::string_view suffix) {
  return type.ends_with(suffix) ? type.substr(0, type.size() - suffix.size()) : std::string_view();
}

const TextEvent* text_event(std::string_view prefix) {
  const auto* found = std::ranges::find(text_events, prefix, &TextEvent::prefix);
  return found == text_events.end() ? nullptr : found;
}

bool is_arguments(std::string_view prefix) {
  return std::ranges::find(argument_events, prefix) != argument_events.end();
}

// {"type":"response.….delta","output_index":0,"content_index":0,"delta":"…"} with what says nothing beside it: the
// kind that comes by the thousand.
struct HotDelta {
  std::string_view type;
  std::string_view part_key;
  std::string delta;
  std::optional<std::size_t> item;
  std::optional<std::size_t> part;
};

bool take_number(JsonScanner& json, std::optional<std::size_t>& out) {
  if (out) return false;
  json.number(out.emplace());
  return true;
}

bool says_nothing(std::string_view key) {
  constexpr std::array<std::string_view, 4> keys = {"sequence_number", "item_id", "logprobs", "obfuscation"};
  return std::ranges::find(keys, key) != keys.end();
}

bool scan_delta(std::string_view data, HotDelta& out) {
  JsonScanner json(data);
  std::string_view key;
  bool has_delta = false;
  json.begin_object();
  while (json.next_key(key)) {
    if (key == "type" && out.type.empty()) {
      json.plain(out.type);
      if (!out.type.ends_with(delta_suffix)) return false;
    } else if (key == "delta" && !std::exchange(has_delta, true)) {
      json.string(out.delta);
    } else if (key == "output_index") {
      if (!take_number(json, out.item)) return false;
    } else if (key == "content_index" || key == "summary_index") {
      if (!take_number(json, out.part)) return false;
      out.part_key = key;
    } else if (says_nothing(key)) {
      json.skip();
    } else {
      return false;
    }
  }
  return json.finished() && has_delta && !out.type.empty() && out.item.has_value();
}

chat::Usage usage_of(const Json& wire) {
  const auto& input_details = object_at(wire, "input_tokens_details");
  std::int64_t prompt = 0;
  std::int64_t total = 0;
  chat::Usage out;
  overwrite(prompt, wire, "input_tokens");
  overwrite(total, wire, "total_tokens");
  overwrite(out.output, wire, "output_tokens");
  overwrite(out.cache_read, input_details, "cached_tokens");
  overwrite(out.cache_write, input_details, "cache_write_tokens");
  overwrite(out.reasoning, object_at(wire, "output_tokens_details"), "reasoning_tokens");
  settle_usage(out, prompt, total);
  return out;
}

// Codes of what would fail again: {"error":{"code":"invalid_prompt","message":"…"}} has no type that says so.
bool is_lasting(std::string_view code) {
  constexpr std::array<std::string_view, 7> prefixes = {
      "invalid_", "image_", "unsupported_", "empty_image", "failed_to_download", "cyber_policy", "bio_policy"};
  return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return code.starts_with(prefix); });
}

// What an `error` event, flat or nested, or a failed response says.
Error error_in(const Json& json, const Endpoint& endpoint) {
  auto failure = failure_in(0, json);
  if (failure.type.empty() || failure.type == "error") {
    failure.type = is_lasting(failure.code) ? "invalid_request_error" : "";
    if (failure.code == "rate_limit_exceeded") failure.type = "rate_limit_error";
  }
  return explain(failure, endpoint);
}

class ResponsesDecoder final : public Decoder {
 public:
  explicit ResponsesDecoder(const Endpoint& endpoint) : endpoint_(endpoint), items_(endpoint.provider.name) {}

  Result<void> on_sse(const http::SseEvent& event, DecodeSink& sink) override {
    if (complete_ || is_filler(event)) return {};
    ERRAND_TRY_ASSIGN(const bool taken, hot_delta(event.data, sink));
    if (taken) return {};
    if (is_plain_error(event)) return fail(explain(read_failure(0, event.data), endpoint_));
    ERRAND_TRY_ASSIGN(const auto json, parse_wire(event.data, endpoint_));
    if (!json.is_object()) return fail(broken_reply("the model API sent an event that is no JSON object", endpoint_));
    auto type = text_at(json, "type");
    if (type.empty()) type = event.type;
    return dispatch(json, type, sink);
  }

  Result<void> on_json(std::string_view body, DecodeSink& sink) override {
    ERRAND_TRY_ASSIGN(const auto json, parse_wire(body, endpoint_));
    const bool whole = json.is_object() && json.contains("output") && !has_error(json);
    if (!whole) return fail(error_in(json, endpoint_));
    ERRAND_TRY(about_response(json, json.contains("status") ? "" : "response.completed", sink));
    if (complete_) return {};
    return fail(broken_reply("the model API answered before the reply was complete", endpoint_));
  }

  Result<void> on_end(DecodeSink&) override {
    if (complete_) return {};
    return fail(broken_reply("the model API's stream ended before the reply was complete", endpoint_));
  }

  [[nodiscard]] bool ended() const override { return complete_; }

 private:
  Result<bool> hot_delta(const std::string& data, DecodeSink& sink);
  Result<void> dispatch(const Json& json, std::string_view type, DecodeSink& sink);
  Result<void> whole(const Json& json, std::string_view prefix, DecodeSink& sink);
  void facts(const Json& response, DecodeSink& sink);
  Result<void> about_response(const Json& response, std::string_view type, DecodeSink& sink);
  Result<void> finish(const Json& response, ResponseEnd end, DecodeSink& sink);

  Endpoint endpoint_;
  ResponseItems items_;
  HotDelta hot_;
  bool started_ = false;
  bool complete_ = false;
};

// False: it is no such delta, read it as a document.
Result<bool> ResponsesDecoder::hot_delta(const std::string& data, DecodeSink& sink) {
  hot_.type = {};
  hot_.item.reset();
  hot_.part.reset();
  if (!scan_delta(data, hot_)) return false;
  const auto prefix = without(hot_.type, delta_suffix);
  if (const auto* text = text_event(prefix)) {
    if (hot_.part && hot_.part_key != text->part_key) return false;
    ERRAND_TRY(items_.text_delta({*hot_.item, text->kind, hot_.part.value_or(0)}, std::move(hot_.delta), sink));
    return true;
  }
  if (!is_arguments(prefix)) return false;
  ERRAND_TRY(items_.arguments_delta(*hot_.item, hot_.delta));
  return true;
}

Result<void> ResponsesDecoder::dispatch(const Json& json, std::string_view type, DecodeSink& sink) {
  const auto index = size_at(json, "output_index");
  const auto& item = object_at(json, "item");
  if (type == "response.output_item.added") return items_.added(index, item, sink);
  if (type == "response.output_item.done") return items_.done(index, item, sink);
  if (type == "error" || has_error(json)) return fail(error_in(json, endpoint_));
  if (json.contains("response")) return about_response(object_at(json, "response"), type, sink);
  const auto piece = without(type, delta_suffix);
  if (const auto* text = text_event(piece)) {
    return items_.text_delta({index, text->kind, size_at(json, text->part_key)}, text_at(json, "delta"), sink);
  }
  if (is_arguments(piece)) return items_.arguments_delta(index, text_at(json, "delta"));
  if (const auto prefix = without(type, done_suffix); !prefix.empty()) return whole(json, prefix, sink);
  return {};  // progress of the server's own tools, keep-alives, what is not known yet
}

Result<void> ResponsesDecoder::whole(const Json& json, std::string_view prefix, DecodeSink& sink) {
  const auto index = size_at(json, "output_index");
  if (const auto* text = text_event(prefix)) {
    return items_.text_done({index, text->kind, size_at(json, text->part_key)}, text_at(json, text->whole_key), sink);
  }
  if (!is_arguments(prefix)) return {};
  auto arguments = text_at(json, "arguments");
  return items_.arguments_done(index, arguments.empty() ? text_at(json, "input") : std::move(arguments));
}

void ResponsesDecoder::facts(const Json& response, DecodeSink& sink) {
  if (auto model = text_at(response, "model"); !started_ && !model.empty()) {
    started_ = true;
    sink.on_event(stream::Started{std::move(model)});
  }
  const auto& usage = object_at(response, "usage");
  if (!usage.empty()) sink.on_event(stream::UsageReport{usage_of(usage)});
}

// An event about the response as a whole: its beginning, or how it ended.
Result<void> ResponsesDecoder::about_response(const Json& response, std::string_view type, DecodeSink& sink) {
  facts(response, sink);
  const auto status = text_at(response, "status");
  if (type == "response.failed" || status == "failed") return fail(error_in(response, endpoint_));
  if (type == "response.cancelled" || status == "cancelled") {
    return fail(broken_reply("the model API cancelled the reply", endpoint_));
  }
  if (type == "response.incomplete" || status == "incomplete") return finish(response, ResponseEnd::incomplete, sink);
  if (type == "response.completed" || status == "completed") return finish(response, ResponseEnd::complete, sink);
  return {};
}

Result<void> ResponsesDecoder::finish(const Json& response, ResponseEnd end, DecodeSink& sink) {
  ERRAND_TRY(items_.finished(array_at(response, "output"), end, sink));
  auto stop = items_.refused() ? StopReason::refusal : StopReason::end_turn;
  if (end == ResponseEnd::incomplete) {
    const auto reason = text_at(object_at(response, "incomplete_details"), "reason");
    stop = reason == "content_filter" ? StopReason::refusal : StopReason::max_tokens;
  }
  sink.on_event(stream::Finished{stop});
  complete_ = true;
  return {};
}

}  // namespace

std::unique_ptr<Decoder> make_openai_responses_decoder(const Endpoint& endpoint) {
  return std::make_unique<ResponsesDecoder>(endpoint);
}

std::unique_ptr<Codec> make_openai_responses_codec() {
  return make_openai_codec(
      {"/responses", openai_responses_body, make_openai_responses_decoder, openai_responses_left_out});
}

}  // namespace errand::provider
