#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "base/sync.hpp"
#include "chat/model.hpp"
#include "http/transport.hpp"
#include "provider/codec.hpp"
#include "provider/provider.hpp"

namespace errand::provider {

/// What the driver takes from the world, so that a test need not wait.
struct DriverClock {
  /// Waits; fails with `cancelled` or `timeout` as soon as the call must end.
  std::function<Result<void>(std::chrono::milliseconds, const Call&)> wait;
  std::function<double()> random;  ///< uniform in [0, 1); called from any thread
};
DriverClock real_clock();

/// How long rate limits may still be waited for (`--wait-for-quota`), over all requests that share it. Thread-safe.
class QuotaWait {
 public:
  explicit QuotaWait(std::chrono::milliseconds in_all) : left_(in_all) {}
  /// Takes that much, if it is left.
  bool take(std::chrono::milliseconds wait);
  [[nodiscard]] std::chrono::milliseconds left();

 private:
  Sync<std::chrono::milliseconds> left_;
};

/// The one driver behind every model API: sends, retries, decodes, assembles.
///
/// A try that fails before anything of the reply was heard counts against `retry.attempts`; one whose reply breaks off
/// after that counts against `retry.restarts`, asks for the whole reply again and is announced with `restarted`. A
/// reply is whole only when its own protocol ended it. One that ends in `pause_turn` is sent back and continued, at
/// most `max_continuations` times, and the parts are one reply; one that is paused even then is cut (`limit`), and so
/// is one that filled the context window (error_code::context_window). `usage` and cost hold every try's, as reported;
/// a try that was heard and of which nothing was reported is `unreported`, and makes the cost unknown. A call that cost
/// something and brought no reply is a Reply that is cut, so that it is billed.
///
/// A rate limit that outlasts these tries, or asks for a longer wait than they allow, is waited for as long as
/// QuotaWait has something left.
///
/// An empty body, a page of HTML and a body of neither protocol are `unavailable`. What stays `unavailable` after the
/// last try says how many there were and how the last one ended.
class HttpProvider final : public Provider {
 public:
  static constexpr int max_continuations = 8;
  /// Bytes one reply may hold.
  static constexpr std::size_t max_reply_bytes = 64U << 20U;

  /// `transport` is asked for with each request, and borrowed. Without `quota`, rate limits get the usual tries alone.
  HttpProvider(std::unique_ptr<Codec> codec, Endpoint endpoint, chat::RetrySettings retry,
               std::function<http::Transport&()> transport, DriverClock clock = real_clock(),
               std::shared_ptr<QuotaWait> quota = nullptr);

  Result<Reply> stream(const Request& request, StreamObserver& observer, const Call& call) override;
  Result<std::int64_t> count_tokens(const Request& request, const Call& call) override;
  [[nodiscard]] const chat::ModelSpec& model() const override { return endpoint_.model; }

 private:
  void tell_left_out(const Request& request, StreamObserver& observer);
  [[nodiscard]] http::Request addressed(http::Request request) const;

  std::unique_ptr<Codec> codec_;
  Endpoint endpoint_;
  chat::RetrySettings retry_;
  std::function<http::Transport&()> transport_;
  DriverClock clock_;
  std::shared_ptr<QuotaWait> quota_;
  Sync<std::set<std::string>> told_{};  ///< codes of the warnings that were given
};

}  // namespace errand::provider
