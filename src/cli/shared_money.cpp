#include "cli/shared_money.hpp"

#include <algorithm>

namespace errand::cli {

SharedMoney::Share SharedMoney::take() {
  std::unique_lock lock(mutex_);
  given_back_.wait(lock, [&] { return free_ > 0 || running_ == 0; });
  const auto places = at_once_ > running_ ? at_once_ - running_ : 1;
  const auto parts = std::clamp<std::size_t>(waiting_, 1, places);
  const Share out{.usd = free_ / static_cast<double>(parts), .is_all = parts == 1 && running_ == 0};
  free_ -= out.usd;
  waiting_ -= std::min<std::size_t>(waiting_, 1);
  ++running_;
  return out;
}

void SharedMoney::give_back(const Share& share, double spent_usd) {
  {
    const std::lock_guard lock(mutex_);
    free_ += share.usd - spent_usd;
    running_ -= std::min<std::size_t>(running_, 1);
  }
  given_back_.notify_all();
}

}  // namespace errand::cli
