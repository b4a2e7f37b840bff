#pragma once

#include <chrono>
#include <condition_variable>
#include <iosfwd>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sys/types.h>

#include "base/fd.hpp"

namespace errand::test::e2e {

enum class Channel { out, err };

/// What a program is started with. Its environment is `env` and nothing else.
struct ProgramSpec {
  enum class Input {
    null,    ///< /dev/null
    closed,  ///< no descriptor 0 at all
    text,    ///< a pipe with `input`, then its end
    open,    ///< a pipe with `input` (no more than a pipe holds), open until close_input()
    file,    ///< the file `input`
  };
  enum class Output {
    captured,
    closed_pipe,  ///< a pipe nobody reads
    full,         ///< /dev/full
    closed,       ///< no descriptor 1 at all
  };
  std::vector<std::string> argv;  ///< argv[0] is a path
  std::vector<std::string> env;   ///< "NAME=value"
  std::string directory;
  Input stdin_is = Input::null;
  std::string input;
  Output stdout_is = Output::captured;
  std::size_t max_file_bytes = 0;  ///< what a write to a file beyond fails with EFBIG; 0: no limit
};

/// How a program ended.
struct Exit {
  int code = 0;
  int signal = 0;  ///< not 0: a signal ended it
  bool operator==(const Exit&) const = default;
};
/// "exit 1", "signal 9": for Catch2.
std::ostream& operator<<(std::ostream& out, const Exit& exit);

/// A program that runs beside the test, its output collected. Killed when it goes. Thread-safe.
class Program {
 public:
  /// How long anything may take. Generous: passing it means a failed test.
  static constexpr std::chrono::seconds patience{30};

  explicit Program(const ProgramSpec& spec);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  /// Waits until the channel has said `text`; false when it ends without, or after `patience`.
  bool wait_for(Channel channel, std::string_view text);
  /// Waits until stdout has that many whole lines, or has ended, or after `patience`.
  void wait_for_lines(std::size_t count);
  /// Waits until it ends, for at most `limit`.
  void wait_for_end(std::chrono::microseconds limit) const;
  void send_signal(int signal) const;
  void write_input(std::string_view bytes);
  void close_input();
  /// Waits for its end. nullopt: it did not end within `limit` and was killed.
  std::optional<Exit> wait(std::chrono::seconds limit = patience);

  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;

 private:
  struct Collected {
    std::string text;
    bool ended = true;
  };
  void collect(Fd fd, Collected& into);
  void reap();

  pid_t pid_ = -1;
  Fd pidfd_;
  Fd input_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Collected out_;
  Collected err_;
  std::optional<Exit> exit_;
  std::vector<std::thread> threads_;
};

}  // namespace errand::test::e2e
