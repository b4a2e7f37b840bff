#pragma once

#include <algorithm>
#include <chrono>
#include <stop_token>

#include "base/error.hpp"

namespace errand {

/// How long a function that may wait is allowed to. Passed by value; a callee narrows it, never widens it.
struct Call {
  using Clock = std::chrono::steady_clock;

  std::stop_token stop;                                   ///< the user asked to stop
  Clock::time_point deadline = Clock::time_point::max();  ///< the run's own limit (`--timeout`)

  /// The same call, to end at the latest `limit` from now.
  [[nodiscard]] Call within(Clock::duration limit) const {
    const auto now = Clock::now();
    const auto latest = limit >= Clock::time_point::max() - now ? Clock::time_point::max() : now + limit;
    return {stop, std::min(deadline, latest)};
  }

  [[nodiscard]] bool expired() const { return deadline != Clock::time_point::max() && Clock::now() >= deadline; }

  /// Milliseconds until the deadline for poll(2): -1 for none, never negative otherwise, at most `cap` when cap >= 0.
  [[nodiscard]] int poll_timeout_ms(int cap = -1) const {
    if (deadline == Clock::time_point::max()) return cap;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    const auto bounded = std::clamp<std::chrono::milliseconds::rep>(left, 0, 1'000'000'000);
    return cap < 0 ? static_cast<int>(bounded) : std::min(cap, static_cast<int>(bounded));
  }

  /// The error this call ends with when it must end now: cancelled before timeout.
  [[nodiscard]] Result<void> check() const {
    if (stop.stop_requested()) return fail(ErrorKind::cancelled, "cancelled");
    if (expired()) return fail(ErrorKind::timeout, "the time limit passed");
    return {};
  }
};

}  // namespace errand
