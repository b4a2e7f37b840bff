#include "render/ticker.hpp"

#include <utility>

namespace errand::render {

void Ticker::start(std::chrono::milliseconds every, std::function<bool()> tick) {
  {
    const std::lock_guard lock(mutex_);
    again_ = runs_;
    if (std::exchange(runs_, true)) return;
  }
  // A thread that said it is done takes no lock any more: joining it does not wait.
  thread_ = std::jthread([this, every, tick = std::move(tick)](const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      changed_.wait_for(lock, stop, every, [] { return false; });
      if (stop.stop_requested()) break;
      lock.unlock();
      const bool go_on = tick();
      lock.lock();
      if (!go_on && !std::exchange(again_, false)) break;
    }
    runs_ = false;
  });
}

void Ticker::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace errand::render
