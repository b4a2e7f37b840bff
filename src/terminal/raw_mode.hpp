#pragma once

#include <memory>

#include "base/error.hpp"

namespace errand::terminal {

/// Which protocols for keys the terminal is asked to speak; those it does not know it passes over.
enum class Protocols { none, keys };

/// A terminal that gives each key as it is typed and echoes nothing: no lines, no echo, no signals of its own; output
/// is processed as ever, so that "\n" begins a line. Bracketed paste is on, and with Protocols::keys so are the kitty
/// keyboard protocol (level 1), modifyOtherKeys and reports of focus (mode 1004).
///
/// There is one at a time in a process. What was before comes back when it goes, at a fatal signal, and through
/// restore_terminal(). All functions here may be called from any thread.
class RawMode {
 public:
  /// `failure` when `in_fd` is no terminal. Both descriptors are borrowed and must stay open.
  static Result<std::unique_ptr<RawMode>> enter(int in_fd, int out_fd, Protocols protocols);
  RawMode(const RawMode&) = delete;
  RawMode& operator=(const RawMode&) = delete;
  ~RawMode();

 private:
  RawMode() = default;
};

/// Gives the terminal back as it was before RawMode; nothing when there is none. Async-signal-safe, for those who end
/// the process without unwinding.
void restore_terminal() noexcept;

/// For SIGTSTP: gives the terminal back, stops this process as the signal would have, and takes the terminal again when
/// it goes on. The calling thread must be one that no RawMode is made on meanwhile.
void stop_and_come_back();

/// For SIGCONT: takes the terminal again when a shell gave it another mode while we were stopped by others, and we are
/// in its foreground. Whether it had to.
bool take_terminal_again();

/// Columns and rows of a terminal.
struct Size {
  std::size_t columns = 80;
  std::size_t rows = 24;
  bool operator==(const Size&) const = default;
};
[[nodiscard]] Size size_of(int fd);
/// The same of a terminal that may not say.
[[nodiscard]] Size size_of(int fd, Size otherwise);

}  // namespace errand::terminal
