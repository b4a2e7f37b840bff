#include "http/inbox.hpp"

#include <algorithm>
#include <utility>

namespace errand::http {

void Inbox::put_head(ResponseHead head) {
  const std::lock_guard lock(mutex_);
  head_ = std::move(head);
  last_activity_ = Clock::now();
}

Inbox::Put Inbox::put(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  last_activity_ = Clock::now();
  if (bytes_.size() >= capacity_bytes) {
    paused_ = true;
    return Put::full;
  }
  bytes_ += bytes;
  return Put::taken;
}

void Inbox::saw_activity() {
  const std::lock_guard lock(mutex_);
  last_activity_ = Clock::now();
}

// Notifies outside the lock, which the woken reader wants at once.
void Inbox::wake_reader() {
  bool waits = false;
  {
    const std::lock_guard lock(mutex_);
    waits = std::exchange(reader_waits_, false);
  }
  if (waits) changed_.notify_all();
}

void Inbox::end(const Result<void>& how) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(ended_, true)) return;
  how_ = how;
  changed_.notify_all();
}

void Inbox::interrupt() {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

Result<Inbox::Taken> Inbox::take(std::string& bytes, std::chrono::milliseconds idle_limit, const Call& call) {
  bytes.clear();
  std::unique_lock lock(mutex_);
  while (true) {
    if (const auto still = call.check(); !still) return fail(still.error());
    if (!bytes_.empty()) {
      std::swap(bytes, bytes_);
      if (!std::exchange(paused_, false)) return Taken::bytes;
      last_activity_ = Clock::now();  // the silence was ours
      return Taken::bytes_and_resume;
    }
    if (ended_ && !how_) return fail(how_.error());
    if (ended_) return Taken::end;
    const auto limit = silent_at(idle_limit);
    if (Clock::now() >= limit) return Taken::silence;
    reader_waits_ = true;
    changed_.wait_until(lock, std::min(limit, call.deadline));
    reader_waits_ = false;
  }
}

void Inbox::wait_end() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ended_; });
}

bool Inbox::has_ended() {
  const std::lock_guard lock(mutex_);
  return ended_;
}

Inbox::Clock::time_point Inbox::silent_at(std::chrono::milliseconds idle_limit) const {
  const auto most = Clock::time_point::max() - last_activity_;
  return idle_limit >= most ? Clock::time_point::max() : last_activity_ + idle_limit;
}

}  // namespace errand::http
