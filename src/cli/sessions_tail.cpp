#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "base/exit_code.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"
#include "cli/output.hpp"
#include "cli/session_lines.hpp"
#include "cli/sessions.hpp"
#include "cli/transcript.hpp"

namespace errand::cli {

namespace {

constexpr std::int64_t default_records = 10;

// Often enough to feel live; a look costs no disk access.
constexpr std::chrono::milliseconds interval{150};

enum class Wake { time, stopped, output_closed };

// Waits until the next look is due, or whoever reads or types has had enough.
Wake wait(const Signals& signals) {
  // With no events asked for, poll() still tells that a pipe's reader is gone.
  std::array<pollfd, 2> fds = {pollfd{signals.wake_fd(), POLLIN, 0}, pollfd{STDOUT_FILENO, 0, 0}};
  const int ready = ::poll(fds.data(), fds.size(), static_cast<int>(interval.count()));
  if (ready < 0) return Wake::time;
  if (fds[0].revents != 0) return Wake::stopped;
  return (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0 ? Wake::output_closed : Wake::time;
}

std::string line_of(const store::StoredRecord& record, bool as_json) {
  return as_json ? chat::dump(record_json(record)) + "\n" : record_text(record);
}

class Tail {
 public:
  Tail(const SessionCall& call, const SessionDesk& desk, std::string session)
      : call_(call), store_(*desk.store), session_(std::move(session)) {}

  Result<int> print_newest() {
    ERRAND_TRY_ASSIGN(const auto records, store_.records(session_));
    if (!records.empty()) position_ = records.back().position;
    const auto wanted = static_cast<std::size_t>(call_.options.lines.value_or(default_records));
    std::vector<std::string> lines;
    for (auto at = records.rbegin(); at != records.rend() && lines.size() < wanted; ++at) {
      if (auto line = line_of(*at, call_.options.json); !line.empty()) lines.push_back(std::move(line));
    }
    std::ranges::reverse(lines);
    return print_out(text::join(lines, ""));
  }

  Result<int> follow() {
    ERRAND_TRY_ASSIGN(auto seen, store_.change_count());
    while (true) {
      // What came before the first count too.
      ERRAND_TRY_ASSIGN(const int printed, print_new());
      if (printed != exit_success) return printed;
      while (true) {
        const auto woken = wait(call_.invocation.signals);
        if (woken == Wake::output_closed) return exit_broken_pipe;
        if (woken == Wake::stopped)
          return call_.invocation.signals.cancelled().value_or(agent::CancelledBy{}).exit_code;
        ERRAND_TRY_ASSIGN(const auto count, store_.change_count());
        if (std::exchange(seen, count) != count) break;
      }
    }
  }

 private:
  Result<int> print_new() {
    ERRAND_TRY_ASSIGN(const auto records, store_.records_after(session_, position_));
    if (!records.empty()) position_ = records.back().position;
    return print(records);
  }

  [[nodiscard]] Result<int> print(const std::vector<store::StoredRecord>& records) const {
    std::string out;
    for (const auto& record : records) out += line_of(record, call_.options.json);
    return print_out(out);
  }

  const SessionCall& call_;
  store::Store& store_;
  std::string session_;
  std::int64_t position_ = 0;
};

}  // namespace

Result<int> sessions_tail(const SessionCall& call) {
  ERRAND_TRY_ASSIGN(const auto desk, open_sessions(call));
  ERRAND_TRY_ASSIGN(const auto info, desk.find(call.words[0]));
  Tail tail(call, desk, info.id);
  ERRAND_TRY_ASSIGN(const int printed, tail.print_newest());
  if (printed != exit_success || !call.options.follow) return printed;
  return tail.follow();
}

}  // namespace errand::cli
