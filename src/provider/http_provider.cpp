#include "provider/http_provider.hpp"

#include <optional>
#include <random>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/overloaded.hpp"
#include "base/time.hpp"
#include "chat/names.hpp"
#include "http/retry.hpp"
#include "provider/body_reader.hpp"

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
  http::ResponseHead head;  // of an answer with an error status; else its status is 0
  bool heard = false;       // something of the reply was reported
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

// One call of stream(): the tries, the waits between them, and what they cost.
class Exchange {
 public:
  Exchange(const Codec& codec, const Endpoint& endpoint, const chat::RetrySettings& retry,
           const std::function<http::Transport&()>& transport, const DriverClock& clock, StreamObserver& observer,
           const Call& call)
      : codec_(codec),
        endpoint_(endpoint),
        retry_(retry),
        transport_(transport),
        clock_(clock),
        observer_(observer),
        call_(call) {
    policy_.attempts = retry.attempts;
  }

  Result<Reply> run(const Request& request);

 private:
  Try attempt(const http::Request& request);
  Try ask(const Request& request);
  std::optional<milliseconds> next_wait(const Try& failed);
  void announce(const Try& failed, milliseconds wait);
  [[nodiscard]] Error last_error(const Try& failed) const;
  void join(AssistantMessage&& part);
  Reply finished(std::optional<Error> cut);

  const Codec& codec_;
  const Endpoint& endpoint_;
  const chat::RetrySettings& retry_;
  const std::function<http::Transport&()>& transport_;
  const DriverClock& clock_;
  StreamObserver& observer_;
  const Call& call_;
  http::RetryPolicy policy_;
  int tries_ = 0;     // that ended before anything was heard
  int restarts_ = 0;  // after something was
  AssistantMessage joined_;
  chat::Usage spent_;
  chat::Usage last_usage_;
  milliseconds api_time_{0};
};

Try Exchange::attempt(const http::Request& request) {
  BodyReader reader(codec_, endpoint_, [&](const stream::StreamEvent& event) { observer_.on_stream_event(event); });
  Try out;
  const auto began = Call::Clock::now();
  const auto sent = transport_().send(
      request, [&](const http::ResponseHead& head, std::string_view bytes) { return reader.feed(head, bytes); }, call_);
  api_time_ += std::chrono::duration_cast<milliseconds>(Call::Clock::now() - began);
  if (sent) {
    const auto whole = reader.finish(*sent);
    if (!whole) out.error = whole.error();
    if (sent->status >= 300) out.head = *sent;
  } else if (!reader.finish_broken_off()) {
    out.error = sent.error();
  }
  last_usage_ = reader.assembler().usage();
  spent_ += last_usage_;
  out.heard = reader.assembler().has_content();
  out.message = out.error ? reader.assembler().cut() : reader.assembler().whole();
  return out;
}

// nullopt: this failure is the last word.
std::optional<milliseconds> Exchange::next_wait(const Try& failed) {
  const auto& error = *failed.error;
  if (ends_the_call(error)) return std::nullopt;
  if (failed.heard) {
    if (!error.retryable || restarts_ >= retry_.restarts) return std::nullopt;
    return http::backoff(policy_, ++restarts_, clock_.random());
  }
  ++tries_;
  const bool lasting = error.kind == ErrorKind::unavailable && !error.retryable;
  if (failed.head.status == 0 || lasting) return http::retry_wait(policy_, tries_, error, clock_.random());
  return http::retry_wait(policy_, tries_, failed.head, now(), clock_.random());
}

void Exchange::announce(const Try& failed, milliseconds wait) {
  chat::event::Retry notice;
  notice.attempt = failed.heard ? restarts_ : tries_ + 1;
  notice.max_attempts = failed.heard ? retry_.restarts : retry_.attempts;
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
  const auto wish = http::requested_wait(failed.head, now());
  if (failed.head.status >= 400 && wish && *wish > policy_.longest_server_wait) {
    error.hint = fmt::format("the model API asks to wait {}", format_duration(*wish));
  }
  return error;
}

// Asks until there is a reply or no more sense in asking.
Try Exchange::ask(const Request& request) {
  auto wire = codec_.encode(request, endpoint_);
  wire.idle_limit = retry_.idle;
  for (;;) {
    if (const auto go_on = call_.check(); !go_on) return {{}, go_on.error(), {}, false};
    auto out = attempt(wire);
    if (!out.error) return out;
    const auto wait = next_wait(out);
    if (!wait) {
      out.error = last_error(out);
      return out;
    }
    announce(out, *wait);
    if (auto waited = clock_.wait(*wait, call_); !waited) {
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
  Reply out;
  out.message = std::move(joined_);
  if (out.message.model.empty()) out.message.model = endpoint_.model.id;
  out.message.provider = endpoint_.provider.name;
  out.message.usage = spent_;
  if (cut) {
    out.message.stop = StopReason::cancelled;
    std::erase_if(out.message.content, [](const auto& block) { return std::holds_alternative<chat::Native>(block); });
  }
  out.cut = std::move(cut);
  out.api_time = api_time_;
  out.cost_usd = chat::cost_of(spent_, endpoint_.model.price);
  out.context_tokens = last_usage_.total();
  return out;
}

Result<Reply> Exchange::run(const Request& request) {
  std::vector<chat::Message> paused;  // the history with the paused turn, when there is one
  for (int part = 0;; ++part) {
    const auto& history = part == 0 ? request.history : paused;
    auto got =
        ask({request.system, history, request.tools, request.thinking, request.generation, request.output_schema});
    if (got.error && !got.heard && joined_.content.empty()) return fail(*std::move(got.error));
    join(std::move(got.message));
    if (got.error) return finished(std::move(got.error));
    if (joined_.stop != StopReason::pause_turn || part >= HttpProvider::max_continuations) break;
    paused = request.history;
    joined_.provider = endpoint_.provider.name;
    paused.emplace_back(joined_);
  }
  if (joined_.stop == StopReason::context_window && joined_.content.empty()) {
    return fail(ErrorKind::limit, "the request does not fit the model's context window",
                "start a new session, or choose a model with a larger window");
  }
  return finished(std::nullopt);
}

}  // namespace

DriverClock real_clock() {
  return {http::wait_for, [] {
            thread_local std::minstd_rand engine{std::random_device{}()};
            return std::uniform_real_distribution<double>(0, 1)(engine);
          }};
}

HttpProvider::HttpProvider(std::unique_ptr<Codec> codec, Endpoint endpoint, chat::RetrySettings retry,
                           std::function<http::Transport&()> transport, DriverClock clock)
    : codec_(std::move(codec)),
      endpoint_(std::move(endpoint)),
      retry_(retry),
      transport_(std::move(transport)),
      clock_(std::move(clock)) {}

Result<Reply> HttpProvider::stream(const Request& request, StreamObserver& observer, const Call& call) {
  return Exchange(*codec_, endpoint_, retry_, transport_, clock_, observer, call).run(request);
}

}  // namespace errand::provider
