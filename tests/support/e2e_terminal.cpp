#include "support/e2e_terminal.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/e2e_check.hpp"
#include "support/e2e_world.hpp"

namespace errand::test::e2e {

namespace {

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (auto& s : strings) out.push_back(s.data());
  out.push_back(nullptr);
  return out;
}

int milliseconds_until(std::chrono::steady_clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

}  // namespace

Terminal::Terminal(std::vector<std::string> argv, const std::map<std::string, std::string>& env,
                   const std::string& directory) {
  auto variables = as_list(env);
  const auto argv_pointers = pointers_to(argv);
  const auto env_pointers = pointers_to(variables);
  const winsize size{.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
  int terminal = -1;
  pid_ = ::forkpty(&terminal, nullptr, nullptr, &size);
  if (pid_ < 0) throw std::runtime_error("there is no pseudo-terminal to be had");
  if (pid_ == 0) {  // only what is safe after a fork among threads
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (::chdir(directory.c_str()) == 0) ::execve(argv_pointers[0], argv_pointers.data(), env_pointers.data());
    ::_exit(127);
  }
  terminal_ = Fd(terminal);
  ::fcntl(terminal, F_SETFD, FD_CLOEXEC);
}

Terminal::~Terminal() {
  if (pid_ < 0) return;
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Terminal::type(std::string_view keys) const {
  if (!write_all(terminal_.get(), keys)) throw std::runtime_error("nobody is at the terminal");
}

// False at the end: the program closed the terminal, which reads as EIO.
bool Terminal::read_more(std::chrono::steady_clock::time_point deadline) {
  pollfd readable{terminal_.get(), POLLIN, 0};
  const int n = ::poll(&readable, 1, milliseconds_until(deadline));
  if (n < 0 && errno == EINTR) return true;
  if (n <= 0) throw std::runtime_error("it says nothing more; it has shown:\n" + visible(shown_));
  std::array<char, 4096> buffer{};
  const auto got = ::read(terminal_.get(), buffer.data(), buffer.size());
  if (got <= 0) return false;
  shown_.append(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

bool Terminal::says_before_it_ends(std::string_view text) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    const auto at = shown_.find(text, found_);
    if (at != std::string::npos) {
      found_ = at + text.size();
      return true;
    }
    try {
      if (!read_more(deadline)) return false;
    } catch (const std::runtime_error& e) {
      throw std::runtime_error("no \"" + visible(text) + "\": " + e.what());
    }
  }
}

void Terminal::wait_for(std::string_view text) {
  if (says_before_it_ends(text)) return;
  throw std::runtime_error("it ended without \"" + visible(text) + "\"; it has shown:\n" + visible(shown_));
}

void Terminal::hang_up() {
  terminal_.reset();
}

Exit Terminal::wait() {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (terminal_ && read_more(deadline)) {
  }
  const Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  pollfd ended{pidfd.get(), POLLIN, 0};
  if (::poll(&ended, 1, milliseconds_until(deadline)) != 1) {
    throw std::runtime_error("it does not end; it has shown:\n" + visible(shown_));
  }
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFSIGNALED(status) ? Exit{0, WTERMSIG(status)} : Exit{WEXITSTATUS(status), 0};
}

}  // namespace errand::test::e2e
