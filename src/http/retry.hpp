#pragma once

#include <chrono>
#include <optional>

#include "base/call.hpp"
#include "base/error.hpp"
#include "base/time.hpp"
#include "http/transport.hpp"

namespace errand::http {

/// How often and how long apart a request is sent again. Only what came before the response's body counts here: a cut
/// body is its reader's to judge.
struct RetryPolicy {
  int attempts = 8;  ///< tries in all
  std::chrono::milliseconds first_wait{500};
  std::chrono::milliseconds longest_wait{8'000};
  /// A server that asks for more is not asked again: a person or a later run should decide (official clients draw the
  /// line at 60 to 120 s).
  std::chrono::milliseconds longest_server_wait{120'000};
};

/// Whether a response with an error status may be followed by a better one: 408, 409, 429 and 5xx (529 among them), or
/// what `x-should-retry` says instead; never 400, 401, 403, 404 and 413, whatever it says. False for 1xx to 3xx.
[[nodiscard]] bool is_retryable(const ResponseHead& response);

/// The wait a response asks for: `retry-after-ms`, else `retry-after` in seconds (also "0.5") or as an HTTP date (RFC
/// 9110, 5.6.7, all three forms) seen from `now`. Zero, negative, past and unreadable are no wish: a zero must not
/// become a hot loop (Azure sends `retry-after-ms: 0` beside `retry-after: 1`).
[[nodiscard]] std::optional<std::chrono::milliseconds> requested_wait(const ResponseHead& response, Timestamp now);

/// min(first_wait * 2^(tries - 1), longest_wait), less up to a quarter. `tries` counts those made, from 1; `random` is
/// uniform in [0, 1).
[[nodiscard]] std::chrono::milliseconds backoff(const RetryPolicy& policy, int tries, double random);

/// How long to wait before sending the request again, after `tries` tries of which the last was answered by `response`;
/// nullopt: don't.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_wait(const RetryPolicy& policy, int tries,
                                                                  const ResponseHead& response, Timestamp now,
                                                                  double random);

/// The same after a try that got no response.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_wait(const RetryPolicy& policy, int tries,
                                                                  const Error& error, double random);

/// Waits. Fails with `cancelled` or `timeout` as soon as `call` must end.
Result<void> wait_for(std::chrono::milliseconds duration, const Call& call);

}  // namespace errand::http
