#include "repl/cooked_terminal.hpp"

#include <array>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <termios.h>

namespace errand::repl {

TypedAhead typed_ahead_on(int fd) {
  termios mode{};
  const bool keeps = ::tcgetattr(fd, &mode) == 0 && (mode.c_lflag & static_cast<tcflag_t>(NOFLSH)) != 0;
  return keeps ? TypedAhead::kept : TypedAhead::lost;
}

void set_typed_ahead(int fd, TypedAhead typed_ahead) {
  termios mode{};
  if (::tcgetattr(fd, &mode) != 0) return;  // no terminal any more
  const auto keeps = static_cast<tcflag_t>(NOFLSH);
  mode.c_lflag = typed_ahead == TypedAhead::kept ? mode.c_lflag | keeps : mode.c_lflag & ~keeps;
  ::tcsetattr(fd, TCSANOW, &mode);
}

PromptAfterStop::PromptAfterStop(terminal::Changes& changes, int out_fd, std::string prompt)
    : changes_(changes), out_fd_(out_fd), prompt_(std::move(prompt)), quit_(::eventfd(0, EFD_CLOEXEC)) {
  changes_.take();  // what happened before there was a prompt
  thread_ = std::thread([this] { watch(); });
}

PromptAfterStop::~PromptAfterStop() {
  ::eventfd_write(quit_.get(), 1);
  thread_.join();
}

void PromptAfterStop::watch() const {
  while (true) {
    std::array<pollfd, 2> fds = {pollfd{changes_.fd(), POLLIN, 0}, pollfd{quit_.get(), POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), -1) < 0) continue;
    if (fds[1].revents != 0) return;
    if (changes_.take() != terminal::Changes::Kind::came_back) continue;
    if (!write_all(out_fd_, prompt_)) return;  // a lost terminal shows at the next read
  }
}

}  // namespace errand::repl
