#include "store/heartbeat.hpp"

namespace errand::store {

void Heartbeat::on() {
  const std::lock_guard lock(mutex_);
  on_ = true;
  if (!thread_.joinable()) thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
  changed_.notify_all();
}

void Heartbeat::off() {
  const std::lock_guard lock(mutex_);
  on_ = false;
  changed_.notify_all();
}

void Heartbeat::loop(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (!changed_.wait(lock, stop, [this] { return on_; })) return;
    const bool switched_off = changed_.wait_for(lock, stop, every_, [this] { return !on_; });
    if (switched_off || stop.stop_requested()) continue;
    lock.unlock();
    beat_();
    lock.lock();
  }
}

}  // namespace errand::store
