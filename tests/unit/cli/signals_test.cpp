#include "cli/signals.hpp"

#include <csignal>
#include <optional>

#include <catch2/catch.hpp>
#include <poll.h>
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
