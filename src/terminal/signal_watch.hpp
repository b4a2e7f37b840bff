#pragma once

#include <csignal>
#include <thread>

#include "base/fd.hpp"
#include "terminal/keyboard.hpp"

namespace errand::terminal {

/// Hears SIGWINCH, SIGTSTP and SIGCONT on a thread of its own while it lives, and tells of them. A stop gives the
/// terminal back first and takes it again afterwards. Make one before there are other threads: theirs must have these
/// signals blocked too, as those have that start later.
class SignalWatch {
 public:
  /// `changes` is borrowed.
  explicit SignalWatch(Changes& changes);
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  ~SignalWatch();

 private:
  void watch();
  void on_signal(int signal);

  Changes& changes_;
  sigset_t before_{};
  Fd signals_;
  Fd quit_;
  std::thread thread_;
};

}  // namespace errand::terminal
