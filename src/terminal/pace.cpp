#include "terminal/pace.hpp"

#include <limits>
#include <utility>

namespace errand::terminal {

namespace {

// A terminal that has not answered so many questions is asked no more.
constexpr int max_unanswered = 2;

// What an answer may take beyond the fastest one before less is written ahead, and before no more is.
constexpr std::chrono::milliseconds slow{300};
constexpr std::chrono::milliseconds quick{100};

}  // namespace

bool Pace::asks() const {
  if (asked_at_ || ahead_ == 0) return false;
  if (!has_answered_) return unanswered_ < max_unanswered;
  return ahead_ >= worth_asking;
}

void Pace::asked(Clock::time_point now) {
  asked_at_ = now;
  ahead_asked_ = ahead_;
}

void Pace::answered(Clock::time_point now) {
  has_answered_ = true;
  if (!asked_at_) return;  // it was given up
  const auto took = now - *std::exchange(asked_at_, std::nullopt);
  fastest_ = std::min(fastest_.value_or(took), took);
  adapt(took - *fastest_);
  ahead_ -= std::exchange(ahead_asked_, 0);
}

// What an answer waited for is what was ahead of it, and not how far away the terminal is.
void Pace::adapt(Clock::duration waited) {
  if (waited > slow) limit_ = std::max(limit_ / 2, least_ahead);
  if (waited < quick && ahead_asked_ >= limit_ / 2) limit_ = std::min(limit_ * 2, most_ahead);
}

void Pace::give_up() {
  asked_at_.reset();
  ahead_ -= std::exchange(ahead_asked_, 0);
  if (!has_answered_) ++unanswered_;
}

std::size_t Pace::room(Clock::time_point now) {
  if (asked_at_ && now - *asked_at_ > (has_answered_ ? patience : first_patience)) give_up();
  if (!has_answered_ && unanswered_ >= max_unanswered) return std::numeric_limits<std::size_t>::max();
  return limit_ - std::min(ahead_, limit_);
}

}  // namespace errand::terminal
