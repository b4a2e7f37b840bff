#pragma once

#include <string>
#include <thread>

#include "base/fd.hpp"
#include "repl/line_reader.hpp"
#include "terminal/keyboard.hpp"

namespace errand::repl {

/// Whether Ctrl-C and Ctrl-Z throw away what was typed ahead.
enum class TypedAhead { lost, kept };
[[nodiscard]] TypedAhead typed_ahead_on(int fd);
void set_typed_ahead(int fd, TypedAhead typed_ahead);

/// While it lives, what is typed ahead on a terminal that edits lines itself outlives a Ctrl-C. Borrows the descriptor.
class KeptTypedAhead final : public LineReader::Attention {
 public:
  explicit KeptTypedAhead(int fd) : fd_(fd) { set_typed_ahead(fd_, TypedAhead::kept); }
  KeptTypedAhead(const KeptTypedAhead&) = delete;
  KeptTypedAhead& operator=(const KeptTypedAhead&) = delete;
  ~KeptTypedAhead() override { set_typed_ahead(fd_, TypedAhead::lost); }

 private:
  int fd_;
};

/// While it lives, a prompt that is waited at is written again when the terminal comes back from a stop. Borrows
/// changes and descriptor.
class PromptAfterStop {
 public:
  PromptAfterStop(terminal::Changes& changes, int out_fd, std::string prompt);
  PromptAfterStop(const PromptAfterStop&) = delete;
  PromptAfterStop& operator=(const PromptAfterStop&) = delete;
  ~PromptAfterStop();

 private:
  void watch() const;

  terminal::Changes& changes_;
  int out_fd_;
  std::string prompt_;
  Fd quit_;
  std::thread thread_;
};

}  // namespace errand::repl
