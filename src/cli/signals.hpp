#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "agent/run.hpp"
#include "base/fd.hpp"

namespace errand::cli {

/// The process's signals as requests to stop. SIGINT, SIGTERM and SIGHUP are blocked everywhere and read by one thread:
/// the first asks the run to stop, a second SIGINT within two seconds and with no key between leaves at once; of the
/// other two what comes as close behind says nothing new. Make one in main, before any other thread.
class Signals {
 public:
  Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals();

  /// A token for the next run. What asked the run before to stop is forgotten, unless it was SIGTERM or SIGHUP; a
  /// request that came before the first run holds for it.
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

  /// Asks the run to stop for a reason that is no signal (stdout was closed). A signal says more: it takes its place.
  void request(agent::CancelledBy by);

  /// Who asked since begin_run(); none when nobody did.
  [[nodiscard]] std::optional<agent::CancelledBy> cancelled() const;

  /// Readable while a request stands: for those that wait for input.
  [[nodiscard]] int wake_fd() const { return wake_.get(); }

 private:
  void watch(const std::stop_token& stop);
  void on_signal(int signal);
  bool is_second_interrupt();
  bool is_said_again();

  Fd signals_;
  Fd wake_;
  Fd quit_;
  mutable std::mutex mutex_;
  std::stop_source source_;
  std::optional<agent::CancelledBy> cancelled_;
  bool had_run_ = false;
  bool keeps_interrupts_ = false;
  std::optional<std::chrono::steady_clock::time_point> last_interrupt_;
  std::optional<std::chrono::steady_clock::time_point> last_word_;  // the reading thread's
  std::jthread thread_;
};

}  // namespace errand::cli
