#include "cli/signals.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <initializer_list>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/exit_code.hpp"
#include "terminal/raw_mode.hpp"

namespace errand::cli {

namespace {

// Two interrupts this close mean: leave. Two last words this close are one: timeout(1) and others tell a process, and
// then its group.
constexpr std::chrono::seconds close_behind{2};

constexpr const char* interrupt_name = "SIGINT";

agent::CancelledBy named(int signal) {
  switch (signal) {
    case SIGTERM:
      return {"SIGTERM", exit_terminated};
    case SIGHUP:
      return {"SIGHUP", exit_hung_up};
    default:
      return {interrupt_name, exit_interrupted};
  }
}

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t out;
  sigemptyset(&out);
  for (const int signal : signals) sigaddset(&out, signal);
  return out;
}

// SIGTERM and SIGHUP are the last word.
bool is_final(const agent::CancelledBy& by) {
  return by.exit_code == exit_terminated || by.exit_code == exit_hung_up;
}

// How much a request says: a program's word less than Ctrl-C, that less than a reader who has gone, and the last word
// most of all.
enum class Weight { program, interrupt, gone, last };

Weight weight_of(const agent::CancelledBy& by) {
  if (is_final(by)) return Weight::last;
  if (by.exit_code != exit_interrupted) return Weight::gone;
  return by.name == interrupt_name ? Weight::interrupt : Weight::program;
}

// Whatever is still to be saved.
[[noreturn]] void leave_at_once() {
  terminal::restore_terminal();
  ::_exit(exit_interrupted);
}

bool is_close(const std::optional<Signals::Clock::time_point>& before, Signals::Clock::time_point now) {
  return before && now - *before < close_behind;
}

}  // namespace

Signals::Signals(std::function<Clock::time_point()> now)
    : now_(std::move(now)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      look_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  const auto set = set_of({SIGINT, SIGTERM, SIGHUP});
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is a write that fails, and is told
  signals_ = Fd(::signalfd(-1, &set, SFD_CLOEXEC));
  thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

Signals::~Signals() {
  thread_.request_stop();
  ::eventfd_write(look_.get(), 1);
}

void Signals::watch(const std::stop_token& stop) {
  // Those are for who looks after a terminal; this thread takes none of them from it.
  const auto mine = set_of({SIGTSTP, SIGCONT, SIGWINCH});
  ::pthread_sigmask(SIG_BLOCK, &mine, nullptr);
  while (!stop.stop_requested()) {
    std::array<pollfd, 2> fds = {pollfd{signals_.get(), POLLIN, 0}, pollfd{look_.get(), POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), until_leaving()) < 0) continue;
    leave_when_it_is_time();
    eventfd_t ignored = 0;
    if (fds[1].revents != 0) ::eventfd_read(look_.get(), &ignored);
    signalfd_siginfo info{};
    if (fds[0].revents != 0 && ::read(signals_.get(), &info, sizeof info) == sizeof info) {
      on_signal(static_cast<int>(info.ssi_signo));
    }
  }
}

void Signals::on_signal(int signal) {
  if (signal == SIGINT && lent_ > 0) return;
  if (signal == SIGINT) return interrupt();
  if (!is_said_again()) request(named(signal));
}

// The first one cancels, the second leaves once that is saved, the third leaves.
void Signals::interrupt() {
  {
    const std::lock_guard lock(mutex_);
    if (leaves_at_) leave_at_once();
    const auto now = now_();
    const auto before = std::exchange(last_interrupt_, now);
    if (is_close(before, now)) leave_soon();
  }
  request(named(SIGINT));
}

bool Signals::leave_if_interrupted_before() {
  {
    const std::lock_guard lock(mutex_);
    if (!is_close(last_interrupt_, now_())) return false;
    leave_soon();
  }
  request(named(SIGINT));
  return true;
}

// Under the lock.
void Signals::leave_soon() {
  leaves_at_ = now_() + leave_within;
  ::eventfd_write(look_.get(), 1);
}

bool Signals::leaves() const {
  const std::lock_guard lock(mutex_);
  return leaves_at_.has_value();
}

// In milliseconds, as poll has it.
int Signals::until_leaving() const {
  const std::lock_guard lock(mutex_);
  if (!leaves_at_) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*leaves_at_ - now_());
  return static_cast<int>(std::max(left, std::chrono::milliseconds{0}).count());
}

void Signals::leave_when_it_is_time() {
  const std::lock_guard lock(mutex_);
  if (leaves_at_ && now_() >= *leaves_at_) leave_at_once();
}

bool Signals::is_said_again() {
  const auto now = now_();
  return is_close(std::exchange(last_word_, now), now);
}

void Signals::typed() {
  const std::lock_guard lock(mutex_);
  last_interrupt_.reset();
}

std::stop_token Signals::begin_run() {
  const std::lock_guard lock(mutex_);
  const bool first = !std::exchange(had_run_, true);
  const auto stays_from = keeps_interrupts_ ? Weight::interrupt : Weight::gone;
  if (first || leaves_at_ || (cancelled_ && weight_of(*cancelled_) >= stays_from)) return source_.get_token();
  source_ = std::stop_source();
  cancelled_.reset();
  eventfd_t ignored = 0;
  ::eventfd_read(wake_.get(), &ignored);
  return source_.get_token();
}

std::stop_token Signals::token() const {
  const std::lock_guard lock(mutex_);
  return source_.get_token();
}

std::stop_token Signals::begin_last() {
  const std::lock_guard lock(mutex_);
  source_ = std::stop_source();
  return source_.get_token();
}

void Signals::keep_interrupts() {
  const std::lock_guard lock(mutex_);
  keeps_interrupts_ = true;
}

void Signals::request(agent::CancelledBy by) {
  const std::lock_guard lock(mutex_);
  if (!cancelled_ || weight_of(by) > weight_of(*cancelled_)) cancelled_ = std::move(by);
  source_.request_stop();
  ::eventfd_write(wake_.get(), 1);
}

std::optional<agent::CancelledBy> Signals::cancelled() const {
  const std::lock_guard lock(mutex_);
  return cancelled_;
}

}  // namespace errand::cli
