#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace errand::store {

/// Calls `beat` at intervals while it is on. Its thread is made when it is first switched on, and sleeps without
/// waking while it is off.
class Heartbeat {
 public:
  Heartbeat(std::chrono::milliseconds every, std::function<void()> beat) : every_(every), beat_(std::move(beat)) {}
  ~Heartbeat() = default;  // the thread is stopped and joined: a beat in progress ends first
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  void on();
  void off();

 private:
  void loop(const std::stop_token& stop);

  const std::chrono::milliseconds every_;
  const std::function<void()> beat_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool on_ = false;
  std::jthread thread_;  // last: gone before what it uses
};

}  // namespace errand::store
