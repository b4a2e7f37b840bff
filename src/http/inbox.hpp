#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>

#include "base/call.hpp"
#include "http/transport.hpp"

namespace errand::http {

/// Where a response waits between the I/O thread, which fills it, and the one thread that called send(), which empties
/// it. Holds about capacity_bytes: a slow reader pauses its own transfer and nothing else.
class Inbox {
 public:
  /// Enough that a paused transfer need not resume for every read, small beside a run's own memory.
  static constexpr std::size_t capacity_bytes = 256U << 10U;

  enum class Put { taken, full };
  enum class Taken {
    bytes,             ///< there are bytes
    bytes_and_resume,  ///< there are bytes, and the transfer was paused: resume it
    end,               ///< the response is complete
    silence,           ///< nothing came for the idle limit
  };

  // For the I/O thread.
  void put_head(ResponseHead head);   ///< once, before the first put()
  Put put(std::string_view bytes);    ///< full: nothing was taken; the reader will say when to resume
  void saw_activity();                ///< something moved that is no body
  void wake_reader();                 ///< after put()s: they don't wake it, so that many cost one waking
  void end(const Result<void>& how);  ///< the transfer is over and holds on to nothing; only the first counts

  // For the reader.
  /// Waits, then swaps `bytes` for what has come. What came before a failure is delivered before the failure; cancel
  /// and deadline come before both.
  Result<Taken> take(std::string& bytes, std::chrono::milliseconds idle_limit, const Call& call);
  /// The head, once take() returned bytes or end.
  [[nodiscard]] const ResponseHead& head() const { return head_; }
  void wait_end();
  [[nodiscard]] bool has_ended();

  /// Makes a waiting reader look at its Call again. From any thread.
  void interrupt();

 private:
  using Clock = Call::Clock;

  [[nodiscard]] Clock::time_point silent_at(std::chrono::milliseconds idle_limit) const;

  std::mutex mutex_;
  std::condition_variable changed_;
  ResponseHead head_;  ///< written before `bytes_` or `ended_`, never after
  std::string bytes_;
  Result<void> how_;
  bool ended_ = false;
  bool paused_ = false;
  bool reader_waits_ = false;
  Clock::time_point last_activity_ = Clock::now();
};

}  // namespace errand::http
