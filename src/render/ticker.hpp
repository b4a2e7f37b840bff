#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace errand::render {

/// Calls something again and again, on a thread of its own that exists only while there is something to call.
class Ticker {
 public:
  Ticker() = default;
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;
  ~Ticker() { stop(); }

  /// `tick` returns whether to go on. A ticker that runs already keeps its own.
  void start(std::chrono::milliseconds every, std::function<bool()> tick);

  /// Waits for a tick under way: call it without a lock that the tick takes.
  void stop();

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool runs_ = false;
  bool again_ = false;  ///< started once more while the last tick ended
  std::jthread thread_;
};

}  // namespace errand::render
