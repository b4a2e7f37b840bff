#include "cli/terminal_habits.hpp"

#include <cstdlib>
#include <string_view>

#include <sys/stat.h>

namespace errand::cli {

namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

}  // namespace

// xterm, the console and GNU screen cut rows that become too long; nearly all others begin a new one.
terminal::OnNarrowing on_narrowing() {
  const auto term = variable("TERM");
  const bool cuts =
      !variable("XTERM_VERSION").empty() || term == "linux" || (term.starts_with("screen") && variable("TMUX").empty());
  return cuts ? terminal::OnNarrowing::cuts : terminal::OnNarrowing::wraps;
}

bool is_same_terminal(int one_fd, int other_fd) {
  struct stat one {};
  struct stat other {};
  if (::fstat(one_fd, &one) != 0 || ::fstat(other_fd, &other) != 0) return false;
  return S_ISCHR(one.st_mode) && S_ISCHR(other.st_mode) && one.st_rdev == other.st_rdev;
}

}  // namespace errand::cli
