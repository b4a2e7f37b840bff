#pragma once

#include <cstddef>
#include <deque>
#include <string>

namespace errand::agent {

/// Notices an agent that goes in circles: rounds of calls that come again with the same results, one after the other or
/// up to `longest_circle` of them in turn.
class LoopWatch {
 public:
  static constexpr std::size_t longest_circle = 3;
  static constexpr std::size_t told_after = 3;   ///< so often the same: the model should know
  static constexpr std::size_t ended_after = 8;  ///< it knew, and goes on

  enum class Verdict { fine, tell, end };

  /// `round` stands for all calls of a reply with their results: equal texts, equal rounds. `tell` comes once for each
  /// circle.
  Verdict add(std::string round);

  /// What comes next is compared with nothing before it.
  void forget() { rounds_.clear(); }

 private:
  // How many of the newest rounds are what stands `length` rounds before them.
  [[nodiscard]] std::size_t repeated(std::size_t length) const;

  std::deque<std::string> rounds_;  // the newest last
};

}  // namespace errand::agent
