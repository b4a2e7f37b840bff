#include "terminal/signal_watch.hpp"

#include <array>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "terminal/raw_mode.hpp"

namespace errand::terminal {

SignalWatch::SignalWatch(Changes& changes) : changes_(changes), quit_(::eventfd(0, EFD_CLOEXEC)) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGWINCH, SIGTSTP, SIGCONT}) sigaddset(&set, signal);
  ::pthread_sigmask(SIG_BLOCK, &set, &before_);
  signals_ = Fd(::signalfd(-1, &set, SFD_CLOEXEC));
  thread_ = std::thread([this] { watch(); });
}

SignalWatch::~SignalWatch() {
  ::eventfd_write(quit_.get(), 1);
  thread_.join();
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void SignalWatch::watch() {
  while (true) {
    std::array<pollfd, 2> fds = {pollfd{signals_.get(), POLLIN, 0}, pollfd{quit_.get(), POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), -1) < 0) continue;
    if (fds[1].revents != 0) return;
    signalfd_siginfo info{};
    if (::read(signals_.get(), &info, sizeof info) == sizeof info) on_signal(static_cast<int>(info.ssi_signo));
  }
}

void SignalWatch::on_signal(int signal) {
  if (signal == SIGWINCH) return changes_.tell_resized();
  if (signal == SIGTSTP) {
    stop_and_come_back();
    return changes_.tell_came_back();
  }
  if (take_terminal_again()) changes_.tell_came_back();
}

}  // namespace errand::terminal
