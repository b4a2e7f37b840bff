#include "provider/body_reader.hpp"

#include <utility>
#include <variant>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "provider/api_error.hpp"
#include "provider/http_provider.hpp"
#include "provider/wire_value.hpp"

namespace errand::provider {

namespace stream = chat::stream;

namespace {

constexpr std::size_t max_error_bytes = 64U << 10U;  // of an error's body or a page: more says no more
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_success(const http::ResponseHead& head) {
  return head.status >= 200 && head.status < 300;
}

void append_up_to(std::string& out, std::string_view bytes, std::size_t most) {
  if (out.size() < most) out += bytes.substr(0, most - out.size());
}

bool is_empty_delta(const stream::StreamEvent& event) {
  if (const auto* text = std::get_if<stream::TextDelta>(&event)) return text->text.empty();
  const auto* thinking = std::get_if<stream::ThinkingDelta>(&event);
  return thinking != nullptr && thinking->text.empty();
}

// Whether the data can't be the beginning of more.
bool is_whole(const http::SseEvent& event, const Endpoint& endpoint) {
  return text::trim(event.data) == done_mark || is_plain_error(event) || parse_wire(event.data, endpoint).has_value();
}

}  // namespace

BodyReader::BodyReader(const Codec& codec, const Endpoint& endpoint, OnEvent on_event)
    : codec_(codec), endpoint_(endpoint), on_event_(std::move(on_event)), decoder_(codec.decoder(endpoint)) {}

void BodyReader::on_event(stream::StreamEvent event) {
  assembler_.add(event);
  if (!is_empty_delta(event)) on_event_(event);
}

// No line of an event stream begins with a bracket.
void BodyReader::choose_form() {
  std::string_view start = body_;
  if (start.starts_with(byte_order_mark)) start.remove_prefix(byte_order_mark.size());
  start = text::trim(start);
  if (start.empty() || byte_order_mark.starts_with(start)) return;
  if (start.front() == '{' || start.front() == '[') {
    form_ = Form::json;
  } else {
    form_ = start.front() == '<' ? Form::page : Form::events;
  }
}

Result<void> BodyReader::decode(std::string_view bytes) {
  ERRAND_TRY_ASSIGN(const auto events, parser_.feed(bytes));
  for (const auto& event : events) ERRAND_TRY(decoder_->on_sse(event, *this));
  if (assembler_.bytes() <= HttpProvider::max_reply_bytes) return {};
  return fail(ErrorKind::limit, fmt::format("the reply exceeds {} bytes", HttpProvider::max_reply_bytes));
}

// The last event may lack its blank line; one that is cut is no event, and may have been an error.
Result<void> BodyReader::decode_rest() {
  if (decoder_->ended()) return {};
  const auto rest = parser_.finish();
  const bool whole = rest.event && is_whole(*rest.event, endpoint_);
  if (whole) ERRAND_TRY(decoder_->on_sse(*rest.event, *this));
  if (!rest.cut && whole == rest.event.has_value()) return {};
  return fail(broken_reply("the model API's stream ended before the reply was complete", endpoint_));
}

Result<void> BodyReader::end() {
  ERRAND_TRY(decoder_->on_end(*this));
  if (!assembler_.lacks_call()) return {};
  return fail(broken_reply("the model API ended the reply before a tool call was complete", endpoint_));
}

Result<void> BodyReader::feed(const http::ResponseHead& head, std::string_view bytes) {
  if (!is_success(head)) {
    append_up_to(body_, bytes, max_error_bytes);
    return {};
  }
  std::string first;
  if (form_ == Form::unknown) {
    body_ += bytes;
    choose_form();
    if (form_ != Form::events) return {};
    first = std::exchange(body_, {});
    bytes = first;
  }
  if (form_ == Form::events) {
    auto decoded = decode(bytes);
    failed_ = !decoded;
    return decoded;
  }
  append_up_to(body_, bytes, form_ == Form::page ? max_error_bytes : HttpProvider::max_reply_bytes);
  return {};
}

Result<void> BodyReader::finish(const http::ResponseHead& head) {
  if (!is_success(head)) {
    requested_wait_ = read_failure(head.status, body_).retry_delay;
    return fail(codec_.error_of(head, body_, endpoint_));
  }
  switch (form_) {
    case Form::unknown:
      return fail(broken_reply("the model API answered with an empty body", endpoint_));
    case Form::page:
      return fail(page_answer(body_, endpoint_));
    case Form::json:
      ERRAND_TRY(decoder_->on_json(body_, *this));
      break;
    case Form::events:
      ERRAND_TRY(decode_rest());
      break;
  }
  return end();
}

bool BodyReader::finish_broken_off() {
  return ended() && !failed_ && end().has_value();
}

}  // namespace errand::provider
