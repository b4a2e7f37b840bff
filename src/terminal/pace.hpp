#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>

namespace errand::terminal {

/// How much may be on its way to a terminal. What it was given and has not shown yet delays all that comes after, be
/// that the echo of a key; over a slow link it is seconds. Nobody tells how much it is (TIOCOUTQ of a pseudo-terminal
/// is 0, a link has buffers of its own), so the terminal is asked now and then whether it has shown all (`ask_shown`),
/// and little is written ahead of its answer: more as long as answers come at once, less when they take longer than
/// they could. One that does not answer is written to as ever. Pure: times are given.
class Pace {
 public:
  using Clock = std::chrono::steady_clock;

  /// Bytes ahead of an answer: some rows, or what a fast terminal takes without anybody noticing.
  static constexpr std::size_t least_ahead = 1024;
  static constexpr std::size_t first_ahead = 4096;
  static constexpr std::size_t most_ahead = std::size_t{256} << 10U;
  /// So many bytes are worth a question.
  static constexpr std::size_t worth_asking = 512;
  /// An answer that takes longer than that is none; of a terminal that has never given one, and of others.
  static constexpr std::chrono::milliseconds first_patience{1000};
  static constexpr std::chrono::milliseconds patience{5000};

  /// So many bytes were written. What was asked before does not tell of them.
  void wrote(std::size_t bytes) { ahead_ += bytes; }

  /// Whether it is time to ask.
  [[nodiscard]] bool asks() const;
  void asked(Clock::time_point now);
  void answered(Clock::time_point now);

  /// How many bytes may be written now; 0: none before it has answered.
  [[nodiscard]] std::size_t room(Clock::time_point now);

  /// Whether an answer is on its way that will come, as far as is known.
  [[nodiscard]] bool awaits_answer() const { return asked_at_ && has_answered_; }

 private:
  void give_up();
  void adapt(Clock::duration waited);

  std::size_t ahead_ = 0;        // written, and not known to be shown
  std::size_t ahead_asked_ = 0;  // of those, what the question is about
  std::size_t limit_ = first_ahead;
  std::optional<Clock::time_point> asked_at_;
  std::optional<Clock::duration> fastest_;  // answer
  bool has_answered_ = false;
  int unanswered_ = 0;
};

}  // namespace errand::terminal
