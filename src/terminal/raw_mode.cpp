#include "terminal/raw_mode.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <string_view>

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace errand::terminal {

namespace {

// Bracketed paste; the kitty keyboard protocol's "disambiguate"; modifyOtherKeys for all but well-known keys; focus.
constexpr std::string_view begin_keys = "\x1b[?2004h\x1b[>1u\x1b[>4;1m\x1b[?1004h";
constexpr std::string_view begin_plain = "\x1b[?2004h";
// The same backwards, and what a painter may have left on: colours, a hidden cursor, no wrapping, a frame not ended.
constexpr std::string_view end_keys = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?2026l\x1b[?1004l\x1b[>4;0m\x1b[<1u\x1b[?2004l";
constexpr std::string_view end_plain = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?2026l\x1b[?2004l";

constexpr std::array fatal_signals = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT, SIGSYS, SIGTRAP};

// The one terminal of this process, where a signal's handler finds it: that can be given nothing. `active` is written
// last when it is taken and first when it is given back.
struct Terminal {
  std::atomic<bool> active{false};
  int in = -1;
  int out = -1;
  Protocols protocols = Protocols::none;
  termios before{};
  termios raw{};
  std::array<struct sigaction, fatal_signals.size()> handlers{};
  std::mutex mutex;  // for all but the handler
};
Terminal the;

// A handler needs room of its own when the stack is what ran out.
std::array<char, std::size_t{64} << 10U> handler_stack;

void put(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const auto written = ::write(the.out, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // the terminal is gone
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void take() noexcept {
  ::tcsetattr(the.in, TCSADRAIN, &the.raw);
  put(the.protocols == Protocols::keys ? begin_keys : begin_plain);
}

void give_back() noexcept {
  put(the.protocols == Protocols::keys ? end_keys : end_plain);
  ::tcsetattr(the.in, TCSANOW, &the.before);
}

// Puts what handled the signal before in place again and lets that have it.
void on_fatal_signal(int signal) {
  restore_terminal();
  for (std::size_t i = 0; i < fatal_signals.size(); ++i) {
    if (fatal_signals.at(i) == signal) ::sigaction(signal, &the.handlers.at(i), nullptr);
  }
  ::raise(signal);
}

void handle_fatal_signals() {
  stack_t stack{};
  stack.ss_sp = handler_stack.data();
  stack.ss_size = handler_stack.size();
  // A thread that has such a stack keeps it: whoever gave it takes it back, as the sanitizers do at a thread's end.
  stack_t before{};
  if (::sigaltstack(nullptr, &before) == 0 && (before.ss_flags & SS_DISABLE) != 0) ::sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_handler = on_fatal_signal;
  action.sa_flags = SA_ONSTACK;
  for (std::size_t i = 0; i < fatal_signals.size(); ++i) {
    ::sigaction(fatal_signals.at(i), &action, &the.handlers.at(i));
  }
}

void handle_no_signals() {
  for (std::size_t i = 0; i < fatal_signals.size(); ++i) {
    ::sigaction(fatal_signals.at(i), &the.handlers.at(i), nullptr);
  }
}

// Keys as they are typed; only the output is still processed.
termios raw_of(termios mode) {
  mode.c_iflag &= ~static_cast<tcflag_t>(BRKINT | ICRNL | IGNCR | INLCR | INPCK | ISTRIP | IXON | PARMRK);
  mode.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL | ICANON | IEXTEN | ISIG);
  mode.c_cflag = (mode.c_cflag & ~static_cast<tcflag_t>(CSIZE | PARENB)) | CS8;
  mode.c_cc[VMIN] = 1;
  mode.c_cc[VTIME] = 0;
  return mode;
}

bool is_raw(const termios& mode) {
  return (mode.c_lflag & static_cast<tcflag_t>(ECHO | ICANON | ISIG)) == 0;
}

}  // namespace

Result<std::unique_ptr<RawMode>> RawMode::enter(int in_fd, int out_fd, Protocols protocols) {
  const std::lock_guard lock(the.mutex);
  termios mode{};
  if (::tcgetattr(in_fd, &mode) != 0) return fail_errno(ErrorKind::failure, "can't read the terminal's mode", errno);
  the.in = in_fd;
  the.out = out_fd;
  the.protocols = protocols;
  the.before = mode;
  the.raw = raw_of(mode);
  handle_fatal_signals();
  the.active = true;
  take();
  return std::unique_ptr<RawMode>(new RawMode());
}

RawMode::~RawMode() {
  const std::lock_guard lock(the.mutex);
  restore_terminal();
  handle_no_signals();
}

void restore_terminal() noexcept {
  if (the.active.exchange(false)) give_back();
}

void stop_and_come_back() {
  const std::lock_guard lock(the.mutex);
  const bool had_it = the.active.exchange(false);
  if (had_it) give_back();
  sigset_t stop;
  sigset_t before;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  ::pthread_sigmask(SIG_UNBLOCK, &stop, &before);
  ::raise(SIGTSTP);  // nothing happens where no shell could let us go on
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!had_it) return;
  the.active = true;
  take();
}

bool take_terminal_again() {
  const std::lock_guard lock(the.mutex);
  termios mode{};
  if (!the.active || ::tcgetpgrp(the.in) != ::getpgrp() || ::tcgetattr(the.in, &mode) != 0) return false;
  if (is_raw(mode)) return false;
  take();
  return true;
}

Size size_of(int fd) {
  return size_of(fd, {});
}

Size size_of(int fd, Size otherwise) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return otherwise;
  return {.columns = size.ws_col, .rows = size.ws_row};
}

}  // namespace errand::terminal
