#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "agent/run.hpp"
#include "base/fd.hpp"

namespace errand::cli {

/// The process's signals as requests to stop. SIGINT, SIGTERM and SIGHUP are blocked everywhere and read by one thread:
/// the first asks the run to stop. A second SIGINT within two seconds and with no key between is a wish to leave: the
/// run has `leave_within` to end and be saved, and then the process ends whatever goes on; a third does not wait for
/// that. Of the other two what comes as close behind says nothing new. Make one in main, before any other thread.
class Signals {
 public:
  using Clock = std::chrono::steady_clock;

  /// `now` tells how far apart interrupts are; called from any thread.
  explicit Signals(std::function<Clock::time_point()> now = Clock::now);
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals();

  static constexpr std::chrono::seconds leave_within{2};

  /// A token for the next run. What asked the run before to stop is forgotten, unless it was SIGTERM or SIGHUP, or a
  /// wish to leave; a request that came before the first run holds for it.
  std::stop_token begin_run();

  /// The token as it stands, for what is read before the first run: nothing is forgotten.
  [[nodiscard]] std::stop_token token() const;

  /// A token for what the process does once all is decided: only a request that comes from now on stops it.
  std::stop_token begin_last();

  /// From now on an interrupt is the last word as well: where nobody types, the next run is not the person's answer to
  /// it.
  void keep_interrupts();

  /// The person typed something: the next SIGINT is a first one again.
  void typed();

  /// Ctrl-C that a terminal gave as a key counts as SIGINT; two that come at once are two.
  void interrupt();

  /// Ctrl-C at a prompt, where nothing runs. True, and a wish to leave, when it comes close behind one that cancelled.
  bool leave_if_interrupted_before();

  /// While it lives, SIGINT is for a program that has the terminal and shares our process group.
  class Lent {
   public:
    explicit Lent(Signals& signals) : signals_(signals) { ++signals_.lent_; }
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;
    ~Lent() { --signals_.lent_; }

   private:
    Signals& signals_;
  };

  /// Whether an interrupt was a wish to leave.
  [[nodiscard]] bool leaves() const;

  /// Asks the run to stop for a reason that is no signal (stdout was closed). A signal says more: it takes its place.
  void request(agent::CancelledBy by);

  /// Who asked since begin_run(); none when nobody did.
  [[nodiscard]] std::optional<agent::CancelledBy> cancelled() const;

  /// Readable while a request stands: for those that wait for input.
  [[nodiscard]] int wake_fd() const { return wake_.get(); }

 private:
  void watch(const std::stop_token& stop);
  void on_signal(int signal);
  void leave_soon();
  void leave_when_it_is_time();
  [[nodiscard]] int until_leaving() const;
  bool is_said_again();

  std::function<Clock::time_point()> now_;
  Fd signals_;
  Fd wake_;
  Fd look_;  // readable when the thread has to look what there is to do
  mutable std::mutex mutex_;
  std::stop_source source_;
  std::optional<agent::CancelledBy> cancelled_;
  std::atomic<int> lent_ = 0;
  bool had_run_ = false;
  bool keeps_interrupts_ = false;
  std::optional<Clock::time_point> last_interrupt_;
  std::optional<Clock::time_point> leaves_at_;
  std::optional<Clock::time_point> last_word_;  // the reading thread's
  std::jthread thread_;
};

}  // namespace errand::cli
