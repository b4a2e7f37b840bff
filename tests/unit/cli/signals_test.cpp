#include "cli/signals.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <optional>

#include <catch2/catch.hpp>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace errand;
using namespace errand::cli;

namespace {

// What Signals leaves blocked or ignored is other tests' no longer.
class SignalsAsTheyWere {
 public:
  SignalsAsTheyWere() : pipe_(::signal(SIGPIPE, SIG_IGN)) { ::pthread_sigmask(SIG_SETMASK, nullptr, &mask_); }
  SignalsAsTheyWere(const SignalsAsTheyWere&) = delete;
  SignalsAsTheyWere& operator=(const SignalsAsTheyWere&) = delete;
  ~SignalsAsTheyWere() {
    ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
    ::signal(SIGPIPE, pipe_);
  }

 private:
  sigset_t mask_{};
  void (*pipe_)(int);
};

void await_request(const Signals& signals) {
  pollfd wake{signals.wake_fd(), POLLIN, 0};
  REQUIRE(::poll(&wake, 1, 60'000) == 1);
}

using namespace std::chrono_literals;

// A clock that stands still but for what the test lets pass.
class Clock {
 public:
  [[nodiscard]] std::function<Signals::Clock::time_point()> reader() const {
    return [this] { return now_.load(); };
  }
  void pass(std::chrono::milliseconds time) { now_ = now_.load() + time; }

 private:
  std::atomic<Signals::Clock::time_point> now_{Signals::Clock::time_point{1h}};
};

// How a process ends that is interrupted so often, and says by 7 that nothing ended it.
int exit_code_after(int interrupts) {
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const Clock clock;
    Signals signals(clock.reader());
    for (int i = 0; i < interrupts; ++i) signals.interrupt();
    ::_exit(7);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("signals: what is said twice in one breath stops the run, not what comes last", "[cli][signals]") {
  const SignalsAsTheyWere restored;
  const int again = GENERATE(SIGTERM, SIGHUP);
  auto signals = std::make_optional<Signals>();
  const auto run = signals->begin_run();
  REQUIRE(::kill(::getpid(), SIGTERM) == 0);
  await_request(*signals);
  CHECK(run.stop_requested());
  const auto last = signals->begin_last();
  REQUIRE(::kill(::getpid(), again) == 0);
  sigset_t waiting;
  do {
    REQUIRE(::sigpending(&waiting) == 0);
  } while (::sigismember(&waiting, again) == 1);
  signals.reset();  // its thread has done with what it took
  CHECK_FALSE(last.stop_requested());
}

TEST_CASE("signals: two interrupts are a wish to leave when they are close, and no key was between", "[cli][signals]") {
  const SignalsAsTheyWere restored;
  Clock clock;
  Signals signals(clock.reader());
  const auto first = signals.begin_run();
  signals.interrupt();
  CHECK(first.stop_requested());
  clock.pass(2000ms);
  const auto second = signals.begin_run();
  CHECK_FALSE(second.stop_requested());
  signals.interrupt();
  CHECK(second.stop_requested());
  signals.typed();
  const auto third = signals.begin_run();
  signals.interrupt();
  CHECK(third.stop_requested());
  CHECK_FALSE(signals.leaves());
  clock.pass(1999ms);
  signals.interrupt();
  CHECK(signals.leaves());
  CHECK(signals.cancelled().value().name == "SIGINT");
  CHECK(signals.begin_run().stop_requested());  // no run begins any more
}

TEST_CASE("signals: Ctrl-C at a prompt leaves close behind one that cancelled, and else does not", "[cli][signals]") {
  const SignalsAsTheyWere restored;
  Clock clock;
  Signals signals(clock.reader());
  CHECK_FALSE(signals.leave_if_interrupted_before());
  signals.interrupt();
  clock.pass(2000ms);
  CHECK_FALSE(signals.leave_if_interrupted_before());
  signals.interrupt();
  clock.pass(1999ms);
  CHECK(signals.leave_if_interrupted_before());
  CHECK(signals.leaves());
}

TEST_CASE("signals: a third interrupt does not wait for what is saved, two do", "[cli][signals]") {
  CHECK(exit_code_after(2) == 7);
  CHECK(exit_code_after(3) == 130);
}

TEST_CASE("signals: SIGINT is not ours while another program has the terminal", "[cli][signals]") {
  const SignalsAsTheyWere before;
  Signals signals;
  const auto stop = signals.begin_run();
  {
    const Signals::Lent lent(signals);
    ::kill(::getpid(), SIGINT);
    ::kill(::getpid(), SIGTERM);  // heard after it
    await_request(signals);
  }
  REQUIRE(signals.cancelled());
  CHECK(signals.cancelled()->name == "SIGTERM");
  CHECK_FALSE(signals.leaves());
}
