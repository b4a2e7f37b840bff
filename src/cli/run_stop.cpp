#include "cli/run_stop.hpp"

#include <cerrno>
#include <csignal>

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/pause.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"

namespace errand::cli {

namespace {

// sys/pidfd.h of glibc 2.36 declares its functions for C alone.
Fd open_process(std::int64_t pid) {
  return Fd(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0U)));
}
bool send_signal(const Fd& process, int signal) {
  return ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0U) == 0;
}

// The start time was the run's before the pidfd was opened: it still is afterwards only if the pidfd is that process's.
Result<void> signal_owner(const store::RunInfo& run) {
  const auto& owner = *run.owner;
  const auto self = store::current_owner();
  if (!store::is_neighbour(owner, self)) {
    return fail(ErrorKind::failure,
                fmt::format("run {} is in process {} on {}, which can't be reached from here", run.id, owner.pid,
                            unicode::sanitize(owner.host)),
                "stop it there");
  }
  const auto process = open_process(owner.pid);
  const bool is_it = process && store::is_alive(owner, self, now(), now());
  if (!is_it) return {};  // it has ended meanwhile
  if (send_signal(process, SIGTERM) || errno == ESRCH) return {};
  return fail_errno(ErrorKind::failure, fmt::format("can't stop process {}", owner.pid), errno);
}

}  // namespace

Result<store::RunInfo> stop_run(store::RunJournal& journal, const store::RunInfo& run, const Call& call) {
  if (!run.owner) {
    const auto how = run.exit_code ? fmt::format("it ended with exit {}", *run.exit_code) : "it was interrupted";
    return fail(ErrorKind::failure, fmt::format("run {} is not running: {}", run.id, how));
  }
  ERRAND_TRY(signal_owner(run));
  while (true) {
    ERRAND_TRY_ASSIGN(auto current, journal.find_run(run.id));
    if (current.state != "running") return current;
    if (auto waited = pause_for(look_every, call); !waited) {
      if (waited.error().kind != ErrorKind::timeout) return fail(std::move(waited).error());
      return fail(ErrorKind::timeout,
                  fmt::format("run {} was asked to stop and goes on in process {}", run.id, run.owner->pid),
                  fmt::format("it may be busy with a call; \"kill -9 {}\" ends it at once, and what was said is kept",
                              run.owner->pid));
    }
  }
}

}  // namespace errand::cli
