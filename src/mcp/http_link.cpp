#include <algorithm>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "http/sse.hpp"
#include "mcp/link.hpp"
#include "mcp/message.hpp"

namespace errand::mcp {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds goodbye_limit{500};
constexpr milliseconds reply_limit{5000};
constexpr milliseconds usual_silence{600'000};  // `timeout` is what bounds an answer
constexpr int max_replies = 16;                 // to what a server asks before it answers
constexpr std::size_t max_told_columns = 200;

bool is_event_stream(const http::ResponseHead& head) {
  return text::lower(head.header("content-type").value_or("")).starts_with("text/event-stream");
}

bool is_good(int status) {
  return status >= 200 && status <= 299;
}

// What comes back for one POST: events, or one JSON body. What the server asks is answered at once: it may wait for
// that.
class Receiver {
 public:
  using Answer = std::function<void(const std::string& text)>;

  Receiver(std::optional<std::int64_t> id, const OnNotification& on_notification, Answer answer = {})
      : id_(id), on_notification_(on_notification), send_answer_(std::move(answer)) {}

  Result<void> take(const http::ResponseHead& head, std::string_view bytes) {
    if (is_good(head.status) && is_event_stream(head)) {
      ERRAND_TRY_ASSIGN(const auto events, events_.feed(bytes));
      for (const auto& event : events) take_message(event.data);
      return {};
    }
    if (body_.size() + bytes.size() > max_message_bytes) {
      return fail(ErrorKind::unavailable, fmt::format("it sent a message of more than {} bytes", max_message_bytes));
    }
    body_ += bytes;
    return {};
  }

  void finish(const http::ResponseHead& head) {
    if (!is_good(head.status)) return;
    if (is_event_stream(head)) {
      if (const auto rest = events_.finish(); rest.event) take_message(rest.event->data);
    } else if (!text::trim(body_).empty()) {
      take_message(body_);
    }
  }

  [[nodiscard]] bool has_answer() const { return answer_.has_value(); }
  [[nodiscard]] std::optional<Result<Json>> take_answer() { return std::move(answer_); }
  [[nodiscard]] const std::string& body() const { return body_; }

 private:
  void take_message(std::string_view text) {
    auto message = read_message(text);
    if (!message) {
      log::debug("mcp: what is no message was read past: {}", message.error().message);
      return;
    }
    switch (message->kind) {
      case Message::Kind::notification:
        if (on_notification_) on_notification_(message->method);
        return;
      case Message::Kind::request:
        if (send_answer_ && ++answered_ <= max_replies) send_answer_(answer_to(*message));
        return;
      case Message::Kind::result:
        if (is_ours(message->id)) answer_ = std::move(message->body);
        return;
      case Message::Kind::error:
        if (is_ours(message->id)) answer_ = fail(ErrorKind::failure, told_error(message->body));
        return;
    }
  }

  [[nodiscard]] bool is_ours(const Json& id) const {
    if (id.is_null()) return id_.has_value();  // it could not read the request
    return id_ && id.is_number_integer() && id.get<std::int64_t>() == *id_;
  }

  std::optional<std::int64_t> id_;
  const OnNotification& on_notification_;
  Answer send_answer_;
  int answered_ = 0;
  http::SseParser events_;
  std::string body_;
  std::optional<Result<Json>> answer_;
};

// Why a status is no answer.
tl::unexpected<Error> refused(const http::ResponseHead& head, const std::string& body) {
  if (head.status == 401 || head.status == 403) {
    return fail(ErrorKind::auth, fmt::format("it wants to know who asks (HTTP status {})", head.status),
                R"(give it what it wants under "headers", e.g. Authorization: "Bearer ${NAME_TOKEN}")");
  }
  if (head.status >= 300 && head.status <= 399) {
    const auto where = unicode::sanitize(head.header("location").value_or("another address"));
    return fail(ErrorKind::unavailable,
                fmt::format("it redirects to {}, which is not followed", text::ellipsize(where, max_told_columns)));
  }
  const auto said = text::ellipsize(unicode::sanitize(text::first_line(text::trim(body))), max_told_columns);
  return fail(ErrorKind::unavailable, said.empty()
                                          ? fmt::format("it answered with HTTP status {}", head.status)
                                          : fmt::format("it answered with HTTP status {}: {}", head.status, said));
}

class HttpLink final : public Link {
 public:
  HttpLink(const chat::McpServer& server, http::Transport& transport, OnNotification on_notification)
      : url_(server.url),
        silence_limit_(std::max(usual_silence, server.timeout)),
        transport_(transport),
        on_notification_(std::move(on_notification)) {
    for (const auto& [name, value] : server.headers) headers_.push_back({name, value});
  }
  HttpLink(const HttpLink&) = delete;
  HttpLink& operator=(const HttpLink&) = delete;

  // A session that is not ended takes room at the server until it forgets it.
  ~HttpLink() override {
    if (session_.empty() || !lost_.empty()) return;
    auto request = new_request();
    request.method = "DELETE";
    const auto ignore = [](const http::ResponseHead&, std::string_view) -> Result<void> { return {}; };
    if (const auto sent = transport_.send(request, ignore, Call{}.within(goodbye_limit)); !sent)
      log::debug("mcp: a session was not ended: {}", sent.error().message);
  }

  Result<Json> ask(const std::string& method, const Json& params, const Call& call) override {
    const auto id = next_id();
    Receiver receiver(id, on_notification_,
                      [&](const std::string& text) { send_aside(text, call.within(reply_limit)); });
    if (auto sent = exchange(request_text(id, method, params), receiver, call); !sent) {
      if (method != "initialize" && !call.check()) call_off(id);
      return fail(std::move(sent).error());
    }
    if (auto answer = receiver.take_answer()) return *std::move(answer);
    return fail(ErrorKind::unavailable, "the connection ended before its answer came");
  }

  Result<void> tell(const std::string& method, const Json& params, const Call& call) override {
    return send_only(notification_text(method, params), call);
  }

  void use_version(const std::string& version) override {
    const std::lock_guard lock(mutex_);
    version_ = version;
  }

  [[nodiscard]] std::string lost() const override {
    const std::lock_guard lock(mutex_);
    return lost_;
  }

  void begin_end() override {}

 private:
  std::int64_t next_id() {
    const std::lock_guard lock(mutex_);
    return ++last_id_;
  }

  // The end of a connection does not say that nobody waits any more.
  void call_off(std::int64_t id) {
    const Json params = {{"requestId", id}, {"reason", "it is not awaited any more"}};
    send_aside(notification_text("notifications/cancelled", params), Call{}.within(goodbye_limit));
  }

  void send_aside(const std::string& message, const Call& call) {
    if (const auto sent = send_only(message, call); !sent)
      log::debug("mcp: a message to the server was not sent: {}", sent.error().message);
  }

  Result<void> send_only(const std::string& message, const Call& call) {
    Receiver receiver(std::nullopt, on_notification_);
    return exchange(message, receiver, call);
  }

  http::Request new_request() {
    http::Request request;
    request.url = url_;
    request.headers = headers_;
    request.headers.push_back({"Content-Type", "application/json"});
    request.headers.push_back({"Accept", "application/json, text/event-stream"});
    request.idle_limit = silence_limit_;
    request.linger = milliseconds(0);
    const std::lock_guard lock(mutex_);
    if (!session_.empty()) request.headers.push_back({"Mcp-Session-Id", session_});
    if (!version_.empty()) request.headers.push_back({"MCP-Protocol-Version", version_});
    return request;
  }

  Result<void> exchange(const std::string& message, Receiver& receiver, const Call& call) {
    auto request = new_request();
    request.body = message;
    request.has_enough = [&receiver] { return receiver.has_answer(); };
    const auto take = [&receiver](const http::ResponseHead& head, std::string_view bytes) {
      return receiver.take(head, bytes);
    };
    const auto answered = transport_.send(request, take, call);
    if (!answered)
      return fail(answered.error().kind, answered.error().message);  // its hint is for who configures a model's API
    const auto& head = *answered;
    if (!is_good(head.status)) return refuse(head, receiver.body());
    keep_session(head);
    receiver.finish(head);
    return {};
  }

  // A session the server has forgotten is over: the next request needs another one.
  Result<void> refuse(const http::ResponseHead& head, const std::string& body) {
    const std::lock_guard lock(mutex_);
    if (head.status != 404 || session_.empty()) return refused(head, body);
    lost_ = "it has forgotten the session";
    auto error = refused(head, body).value();
    error.retryable = true;  // it has done nothing with the request
    return fail(std::move(error));
  }

  void keep_session(const http::ResponseHead& head) {
    const auto id = head.header("mcp-session-id");
    if (!id) return;
    const std::lock_guard lock(mutex_);
    session_ = *id;
  }

  const std::string url_;
  const milliseconds silence_limit_;
  http::Transport& transport_;
  const OnNotification on_notification_;
  std::vector<http::Header> headers_;
  mutable std::mutex mutex_;
  std::int64_t last_id_ = 0;
  std::string session_;
  std::string version_;
  std::string lost_;
};

}  // namespace

std::unique_ptr<Link> open_http(const chat::McpServer& server, http::Transport& transport,
                                OnNotification on_notification) {
  return std::make_unique<HttpLink>(server, transport, std::move(on_notification));
}

}  // namespace errand::mcp
