#include "agent/loop_watch.hpp"

#include <utility>

namespace errand::agent {

std::size_t LoopWatch::repeated(std::size_t length) const {
  const auto size = rounds_.size();
  std::size_t same = 0;
  while (same + length < size && rounds_[size - 1 - same] == rounds_[size - 1 - same - length]) ++same;
  return same;
}

LoopWatch::Verdict LoopWatch::add(std::string round) {
  rounds_.push_back(std::move(round));
  if (rounds_.size() > longest_circle * ended_after) rounds_.pop_front();
  for (std::size_t length = 1; length <= longest_circle; ++length) {
    const auto same = repeated(length);
    if (same >= (ended_after - 1) * length) return Verdict::end;
    if (same == (told_after - 1) * length) return Verdict::tell;
    if (same > (told_after - 1) * length) return Verdict::fine;  // a shorter circle explains longer ones
  }
  return Verdict::fine;
}

}  // namespace errand::agent
