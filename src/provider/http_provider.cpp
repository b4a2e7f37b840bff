#include "provider/http_provider.hpp"

#include <algorithm>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/overloaded.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "chat/names.hpp"
#include "http/retry.hpp"
#include "provider/address.hpp"
#include "provider/body_reader.hpp"
#include "provider/estimate.hpp"
#include "provider/generation.hpp"

namespace errand::provider {

using chat::AssistantMessage;
using chat::StopReason;
using std::chrono::milliseconds;
namespace stream = chat::stream;

namespace {

// One request and what became of it.
struct Try {
  AssistantMessage message;
  std::optional<Error> error;
  http::ResponseHead head;                // of an answer with an error status; else its status is 0
  std::optional<milliseconds> requested;  // the wait that answer asked for
  bool heard = false;                     // something of the reply was reported
};

bool ends_the_call(const Error& error) {
  return error.kind == ErrorKind::cancelled || error.kind == ErrorKind::timeout;
}

void report_again(const AssistantMessage& message, StreamObserver& observer) {
  for (std::size_t i = 0; i < message.content.size(); ++i) {
    std::visit(overloaded{
                   [&](const chat::Text& b) {
                     observer.on_stream_event(stream::TextDelta{i, b.text});
                   },
                   [&](const chat::Thinking& b) {
                     observer.on_stream_event(stream::ThinkingDelta{i, b.text});
                   },
                   [](const chat::ToolCall&) {},
                   [](const chat::Native&) {},
               },
               message.content[i]);
  }
}

Error full_window(const AssistantMessage& reply) {
  return {.kind = ErrorKind::limit,
          .message = reply.content.empty() ? "the request does not fit the model's context window"
                                           : "the reply filled the model's context window before it was complete",
          .hint = "start a new session, or choose a model with a larger window",
          .code = std::string(error_code::context_window)};
}

Error endless_pause() {
  return {.kind = ErrorKind::limit,
          .message =
              fmt::format("the model paused its turn {} times and did not end it", HttpProvider::max_continuations + 1),
          .hint = "ask again in smaller steps"};
}

// What one call of stream() works with. Borrowed.
struct Driver {
  const Codec& codec;
  const Endpoint& endpoint;
  const chat::RetrySettings& retry;
  const std::function<http::Transport&()>& transport;
  const DriverClock& clock;
  QuotaWait* quota;  // may be null
  std::function<http::Request(http::Request)> addressed;
};

// One call of stream(): the tries, the waits between them, and what they cost.
class Exchange {
 public:
  Exchange(const Driver& driver, StreamObserver& observer, const Call& call)
      : driver_(driver), observer_(observer), call_(call) {
    policy_.attempts = driver.retry.attempts;
  }

  Result<Reply> run(const Request& request);

 private:
  Try attempt(http::Request& request);
  Try ask(const Request& request);
  std::optional<milliseconds> next_wait(const Try& failed);
  [[nodiscard]] std::optional<milliseconds> usual_wait(const Try& failed) const;
  [[nodiscard]] std::optional<milliseconds> quota_wait(const Try& failed) const;
  void announce(const Try& failed, milliseconds wait);
  [[nodiscard]] Error last_error(const Try& failed) const;
  void estimate_unreported(const Request& request, const Try& made);
  void join(AssistantMessage&& part);
  Reply finished(std::optional<Error> cut);

  const Driver& driver_;
  StreamObserver& observer_;
  const Call& call_;
  http::RetryPolicy policy_;
  int tries_ = 0;     // that ended before anything was heard
  int restarts_ = 0;  // after something was
  AssistantMessage joined_;
  chat::Usage spent_;
  chat::Usage last_usage_;
  chat::Usage unreported_;  // estimated
  milliseconds api_time_{0};
};

Try Exchange::attempt(http::Request& request) {
  BodyReader reader(driver_.codec, driver_.endpoint,
                    [&](const stream::StreamEvent& event) { observer_.on_stream_event(event); });
  request.has_enough = [&reader] { return reader.ended(); };
  Try out;
  const auto began = Call::Clock::now();
  const auto sent = driver_.transport().send(
      request, [&](const http::ResponseHead& head, std::string_view bytes) { return reader.feed(head, bytes); }, call_);
  api_time_ += std::chrono::duration_cast<milliseconds>(Call::Clock::now() - began);
  if (sent) {
    const auto whole = reader.finish(*sent);
    if (!whole) out.error = whole.error();
    if (sent->status >= 300) out.head = *sent;
  } else if (!reader.finish_broken_off()) {
    out.error = sent.error();
  }
  if (out.head.status != 0) out.requested = http::requested_wait(out.head, now());
  if (!out.requested) out.requested = reader.requested_wait();
  last_usage_ = reader.assembler().usage();
  spent_ += last_usage_;
  out.heard = reader.assembler().has_content();
  out.message = out.error ? reader.assembler().cut() : reader.assembler().whole();
  return out;
}

// Of a failure before anything was heard; nullopt: no more tries.
std::optional<milliseconds> Exchange::usual_wait(const Try& failed) const {
  const bool from_head =
      failed.head.status != 0 && (failed.error->retryable || failed.error->kind != ErrorKind::unavailable);
  if (tries_ >= policy_.attempts || failed.error->kind == ErrorKind::limit) return std::nullopt;
  if (from_head ? !http::is_retryable(failed.head) : !failed.error->retryable) return std::nullopt;
  if (!failed.requested) return http::backoff(policy_, tries_, driver_.clock.random());
  return *failed.requested > policy_.longest_server_wait ? std::nullopt : failed.requested;
}

// What a rate limit is waited for beyond that.
std::optional<milliseconds> Exchange::quota_wait(const Try& failed) const {
  constexpr milliseconds unasked{60'000};
  if (driver_.quota == nullptr || failed.error->code != error_code::rate_limit) return std::nullopt;
  const auto wait = failed.requested ? *failed.requested : std::min(unasked, driver_.quota->left());
  return driver_.quota->take(wait) ? std::optional(wait) : std::nullopt;
}

// nullopt: this failure is the last word.
std::optional<milliseconds> Exchange::next_wait(const Try& failed) {
  const auto& error = *failed.error;
  if (ends_the_call(error)) return std::nullopt;
  if (failed.heard) {
    if (!error.retryable || restarts_ >= driver_.retry.restarts) return std::nullopt;
    return http::backoff(policy_, ++restarts_, driver_.clock.random());
  }
  ++tries_;
  const auto wait = usual_wait(failed);
  return wait ? wait : quota_wait(failed);
}

void Exchange::announce(const Try& failed, milliseconds wait) {
  chat::event::Retry notice;
  // The try that comes, of how many: a restart is one after the first.
  notice.attempt = (failed.heard ? restarts_ : tries_) + 1;
  notice.max_attempts = failed.heard ? driver_.retry.restarts + 1 : std::max(driver_.retry.attempts, tries_ + 1);
  notice.delay = wait;
  notice.status = failed.head.status;
  notice.reason = failed.error->message;
  notice.restarted = failed.heard;
  observer_.on_retry(notice);
  if (failed.heard) report_again(joined_, observer_);
}

// After several tries the error says so, and what the server asks for when that is too long to wait.
Error Exchange::last_error(const Try& failed) const {
  auto error = *failed.error;
  if (error.kind != ErrorKind::unavailable) return error;
  const auto made = tries_ + restarts_ + (failed.heard ? 1 : 0);
  if (made > 1) error.message = fmt::format("no reply after {} tries; the last: {}", made, error.message);
  if (failed.requested && *failed.requested > policy_.longest_server_wait) {
    error.hint = fmt::format("the model API asks to wait {}", format_duration(*failed.requested));
    if (error.code == error_code::rate_limit) error.hint += "; --wait-for-quota DURATION waits that long";
  }
  return error;
}

// What a server that says nothing of usage has read and written all the same.
void Exchange::estimate_unreported(const Request& request, const Try& made) {
  if (last_usage_ != chat::Usage{} || (made.error && !made.heard)) return;
  unreported_ += {.input = estimate_tokens(request), .output = estimate_tokens(chat::Message(made.message))};
}

// Asks until there is a reply or no more sense in asking.
Try Exchange::ask(const Request& request) {
  auto wire = driver_.addressed(driver_.codec.encode(request, driver_.endpoint));
  wire.on_warning = [this](std::string_view code, const std::string& message) {
    observer_.on_warning({std::string(code), message});
  };
  for (;;) {
    if (const auto go_on = call_.check(); !go_on) return {{}, go_on.error(), {}, {}, false};
    auto out = attempt(wire);
    estimate_unreported(request, out);
    if (!out.error) return out;
    const auto wait = next_wait(out);
    if (!wait) {
      out.error = last_error(out);
      return out;
    }
    announce(out, *wait);
    if (auto waited = driver_.clock.wait(*wait, call_); !waited) {
      out.error = std::move(waited).error().within(fmt::format("while waiting to ask again: {}", out.error->message));
      return out;
    }
  }
}

void Exchange::join(AssistantMessage&& part) {
  for (auto& block : part.content) joined_.content.push_back(std::move(block));
  joined_.stop = part.stop;
  if (!part.model.empty()) joined_.model = std::move(part.model);
}

Reply Exchange::finished(std::optional<Error> cut) {
  const auto& price = driver_.endpoint.model.price;
  Reply out;
  out.message = std::move(joined_);
  if (out.message.model.empty()) out.message.model = driver_.endpoint.model.id;
  out.message.provider = driver_.endpoint.provider.name;
  out.message.usage = spent_;
  if (cut) {
    out.message.stop = StopReason::cancelled;
    std::erase_if(out.message.content, [](const auto& block) { return std::holds_alternative<chat::Native>(block); });
  }
  out.cut = std::move(cut);
  out.api_time = api_time_;
  out.unreported = unreported_;
  out.presumed_usd = chat::cost_of(spent_, price).value_or(0) + chat::cost_of(unreported_, price).value_or(0);
  if (unreported_ == chat::Usage{} || price == chat::Price{}) out.cost_usd = chat::cost_of(spent_, price);
  out.context_tokens = last_usage_.total();
  return out;
}

Result<Reply> Exchange::run(const Request& request) {
  std::vector<chat::Message> paused;  // the history with the paused turn, when there is one
  for (int part = 0;; ++part) {
    const auto& history = part == 0 ? request.history : paused;
    auto got =
        ask({request.system, history, request.tools, request.thinking, request.generation, request.output_schema});
    const bool nothing =
        !got.heard && joined_.content.empty() && spent_ == chat::Usage{} && unreported_ == chat::Usage{};
    if (got.error && nothing) return fail(*std::move(got.error));
    join(std::move(got.message));
    if (got.error) return finished(std::move(got.error));
    if (joined_.stop != StopReason::pause_turn || part >= HttpProvider::max_continuations) break;
    paused = request.history;
    joined_.provider = driver_.endpoint.provider.name;
    paused.emplace_back(joined_);
  }
  if (joined_.stop == StopReason::context_window) return finished(full_window(joined_));
  if (joined_.stop == StopReason::pause_turn) return finished(endless_pause());
  return finished(std::nullopt);
}

}  // namespace

DriverClock real_clock() {
  return {http::wait_for, [] {
            thread_local std::minstd_rand engine{std::random_device{}()};
            return std::uniform_real_distribution<double>(0, 1)(engine);
          }};
}

bool QuotaWait::take(milliseconds wait) {
  return left_.with([wait](milliseconds& left) {
    if (wait > left || wait <= milliseconds{0}) return false;
    left -= wait;
    return true;
  });
}

milliseconds QuotaWait::left() {
  return left_.with([](milliseconds& left) { return left; });
}

HttpProvider::HttpProvider(std::unique_ptr<Codec> codec, Endpoint endpoint, chat::RetrySettings retry,
                           std::function<http::Transport&()> transport, DriverClock clock,
                           std::shared_ptr<QuotaWait> quota)
    : codec_(std::move(codec)),
      endpoint_(std::move(endpoint)),
      retry_(retry),
      transport_(std::move(transport)),
      clock_(std::move(clock)),
      quota_(std::move(quota)) {}

// What every request to this provider carries.
http::Request HttpProvider::addressed(http::Request request) const {
  const auto& provider = endpoint_.provider;
  request = provider::addressed(std::move(request), provider);
  request.idle_limit = retry_.idle;
  request.notes = {{"provider", provider.name},
                   {"type", std::string(chat::name_of(provider.protocol))},
                   {"model", endpoint_.model.id}};
  if (!provider.like.empty()) request.notes.push_back({"like", provider.like});
  return request;
}

void HttpProvider::tell_left_out(const Request& request, StreamObserver& observer) {
  auto left_out = codec_->left_out(request, endpoint_);
  for (auto& wish : impossible_wishes(request, endpoint_)) left_out.push_back(std::move(wish));
  for (const auto what : unreadable_media(request.history, endpoint_.model)) {
    left_out.push_back(left_out_warning(what, endpoint_));
  }
  for (const auto& warning : left_out) {
    const bool first = told_.with([&](auto& told) { return told.insert(warning.code).second; });
    if (first) observer.on_warning(warning);
  }
}

Result<Reply> HttpProvider::stream(const Request& request, StreamObserver& observer, const Call& call) {
  tell_left_out(request, observer);
  const Driver driver{.codec = *codec_,
                      .endpoint = endpoint_,
                      .retry = retry_,
                      .transport = transport_,
                      .clock = clock_,
                      .quota = quota_.get(),
                      .addressed = [this](http::Request wire) { return addressed(std::move(wire)); }};
  if (unreadable_media(request.history, endpoint_.model).empty()) return Exchange(driver, observer, call).run(request);
  const auto history = without_unreadable(request.history, endpoint_.model);
  return Exchange(driver, observer, call)
      .run({request.system, history, request.tools, request.thinking, request.generation, request.output_schema});
}

// A count is a help, never a reason to fail.
Result<std::int64_t> HttpProvider::count_tokens(const Request& request, const Call& call) {
  auto wire = codec_->encode_count(request, endpoint_);
  if (!wire) return Provider::count_tokens(request, call);
  std::string body;
  const auto sent = transport_().send(
      addressed(*std::move(wire)),
      [&body](const http::ResponseHead&, std::string_view bytes) -> Result<void> {
        constexpr std::size_t most = 64U << 10U;
        body += bytes.substr(0, most - std::min(most, body.size()));
        return {};
      },
      call);
  if (!sent && ends_the_call(sent.error())) return fail(sent.error());
  const auto counted = sent && sent->status == 200 ? codec_->read_count(body) : std::nullopt;
  return counted ? Result<std::int64_t>(*counted) : Provider::count_tokens(request, call);
}

}  // namespace errand::provider
