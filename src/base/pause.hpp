#pragma once

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "base/call.hpp"
#include "base/try.hpp"

namespace errand {

/// Sleeps that long before another look at something that nobody tells us of; `cancelled` and `timeout` at once, as
/// Call::check().
inline Result<void> pause_for(Call::Clock::duration length, const Call& call) {
  ERRAND_TRY(call.check());
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_until(lock, call.stop, std::min(call.deadline, Call::Clock::now() + length), [] { return false; });
  return call.check();
}

}  // namespace errand
