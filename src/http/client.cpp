#include "http/client.hpp"

#include <utility>

#include "base/log.hpp"
#include "base/try.hpp"
#include "http/loop.hpp"

namespace errand::http {

namespace {

// Whether the caller has what it came for, and how long what follows is still awaited.
class Enough {
 public:
  Enough(const Request& request, const Call& call) : request_(request), rest_(call) {}

  void look() {
    if (reached_ || !request_.has_enough || !request_.has_enough()) return;
    reached_ = true;
    rest_ = rest_.within(request_.linger);
  }
  [[nodiscard]] bool reached() const { return reached_; }
  /// The call, ended by the linger once that counts.
  [[nodiscard]] const Call& rest() const { return rest_; }

 private:
  const Request& request_;
  Call rest_;
  bool reached_ = false;
};

// An exchange on the network, taken off it whatever happens: the request's body is only borrowed.
class InFlight {
 public:
  InFlight(Loop& loop, std::shared_ptr<Exchange> exchange) : loop_(loop), exchange_(std::move(exchange)) {
    loop_.add(exchange_);
  }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  ~InFlight() { loop_.remove(exchange_); }

  Result<ResponseHead> read(const Request& request, const OnBody& on_body, const Call& call) {
    Inbox& inbox = exchange_->inbox();
    const std::stop_callback interrupt(call.stop, [&inbox] { inbox.interrupt(); });
    Enough enough(request, call);
    std::string bytes;
    while (true) {
      const auto taken = inbox.take(bytes, request.idle_limit, enough.rest());
      if (enough.reached() && (!taken || *taken == Inbox::Taken::silence)) {
        ERRAND_TRY(call.check());
        return inbox.head();
      }
      if (!taken) return fail(taken.error());
      switch (*taken) {
        case Inbox::Taken::bytes_and_resume:
          loop_.resume(exchange_);
          [[fallthrough]];
        case Inbox::Taken::bytes:
          ERRAND_TRY(on_body(inbox.head(), bytes));
          enough.look();
          break;
        case Inbox::Taken::end:
          return inbox.head();
        case Inbox::Taken::silence:
          return fail(explain_silence(exchange_->target().host, request.idle_limit));
      }
    }
  }

 private:
  Loop& loop_;
  std::shared_ptr<Exchange> exchange_;
};

void log_outcome(const Request& request, const Target& target, const Result<ResponseHead>& result,
                 Call::Clock::time_point began) {
  if (!log::enabled(log::Level::info, "http: ")) return;
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(Call::Clock::now() - began).count();
  const auto outcome = result ? fmt::format("{}", result->status) : result.error().message;
  log::info("http: {} {}{} -> {} in {} ms, {} bytes sent", request.method, target.host, target.path, outcome, ms,
            request.body.size());
}

std::string value_of(const char* variable) {
  return variable != nullptr ? variable : "";
}

}  // namespace

ClientOptions ClientOptions::from_environment(const std::function<const char*(const char*)>& lookup) {
  ClientOptions options;
  options.ca_file = value_of(lookup("CURL_CA_BUNDLE"));
  if (!options.ca_file.empty()) return options;
  options.ca_file = value_of(lookup("SSL_CERT_FILE"));
  options.ca_directory = value_of(lookup("SSL_CERT_DIR"));
  return options;
}

Client::Client(ClientOptions options) : options_(std::move(options)), loop_(std::make_unique<Loop>()) {}

Client::~Client() = default;

void Client::preload() {
  loop_->start();
}

Result<ResponseHead> Client::send(const Request& request, const OnBody& on_body, const Call& call) {
  const Loop::Visit visit(*loop_);
  ERRAND_TRY(call.check());
  ERRAND_TRY_ASSIGN(const auto* const curl, loop_->ready(call));
  ERRAND_TRY_ASSIGN(const auto exchange, Exchange::make(*curl, request, options_, loop_->trust()));
  const auto began = Call::Clock::now();
  auto result = InFlight(*loop_, exchange).read(request, on_body, call);
  log_outcome(request, exchange->target(), result, began);
  return result;
}

}  // namespace errand::http
