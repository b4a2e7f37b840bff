#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "base/rewrites.hpp"

namespace errand::tool {

/// Takes a note out of a command's output: the text between "\0" + key + ":" and the next "\0", which the shell writes
/// at its end. Whatever else has a NUL byte stays. The last note counts.
class NoteFilter {
 public:
  static constexpr std::size_t max_note_bytes = 4096;  ///< longer ones are taken for output

  explicit NoteFilter(std::string_view key);

  /// The next bytes of output; returns what is certainly no part of a note.
  std::string feed(std::string_view bytes);
  std::string finish();  ///< what was held back
  [[nodiscard]] const std::optional<std::string>& note() const { return note_; }

 private:
  std::string mark_;
  std::string held_;
  std::optional<std::string> note_;
};

/// Passes a command's output on while it runs: sanitised but for a '\r' that begins a line again, and joined to pieces
/// so that a chatty command does not make an event of every line. What waits is passed on by a thread of its own, at
/// the latest after `interval`. Beyond `max_bytes` nothing more is passed on. `pass` is called by one thread at a time
/// and never after the destructor.
class LiveOutput {
 public:
  using Pass = std::function<void(std::string)>;
  static constexpr std::chrono::milliseconds interval{50};

  /// An empty `pass` makes it do nothing.
  LiveOutput(Pass pass, std::size_t max_bytes);
  LiveOutput(const LiveOutput&) = delete;
  LiveOutput& operator=(const LiveOutput&) = delete;
  ~LiveOutput();

  void feed(std::string_view bytes);

 private:
  void run(const std::stop_token& stop);

  Pass pass_;
  std::size_t max_bytes_;
  std::mutex mutex_;
  std::condition_variable_any arrived_;
  unicode::RewritesSanitizer sanitizer_;
  std::string waiting_;
  std::size_t taken_bytes_ = 0;
  std::jthread thread_;
};

}  // namespace errand::tool
