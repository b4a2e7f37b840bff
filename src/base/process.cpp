#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <span>

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/sched.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/patient_process.hpp"
#include "base/try.hpp"

namespace errand {

namespace {

using std::chrono::milliseconds;
using Clock = Call::Clock;

constexpr milliseconds cancel_grace{100};
constexpr int exit_exec_failed = 127;

// Everything the child needs, made before fork: after it only async-signal-safe calls are allowed.
struct ChildPlan {
  std::vector<char*> argv;
  std::vector<char*> env;
  const char* directory = nullptr;
  int in_fd = -1;
  int out_fd = -1;
  int err_fd = -1;
  int error_fd = -1;  // where the errno of a failed exec goes
  const ProcessSpec* spec = nullptr;
  pid_t parent = 0;
  bool is_in_groups = false;
};

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> out;
  out.reserve(strings.size() + 1);
  for (const auto& s : strings) out.push_back(const_cast<char*>(s.c_str()));
  out.push_back(nullptr);
  return out;
}

bool enter_group(int procs) {
  return ::write(procs, "0", 1) == 1;
}

// The raw calls: glibc's would tell other threads, of which there are none after fork.
bool become(const Identity& identity) {
  return ::syscall(SYS_setgroups, 0, nullptr) == 0 &&
         ::syscall(SYS_setresgid, identity.group, identity.group, identity.group) == 0 &&
         ::syscall(SYS_setresuid, identity.user, identity.user, identity.user) == 0;
}

// Nothing that was started is to outlive us; our death between fork and here is noticed too. After a change of
// identity the kernel forgets the signal, so it is set last.
bool die_with(pid_t parent) {
  return ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == parent;
}

bool prepare_child(const ChildPlan& plan) {
  const auto& spec = *plan.spec;
  if (!plan.is_in_groups && !std::ranges::all_of(spec.groups, enter_group)) return false;
  for (const int fd : spec.keep_fds) ::fcntl(fd, F_SETFD, 0);
  if (plan.directory != nullptr && ::chdir(plan.directory) != 0) return false;
  if (spec.in_child && !spec.in_child()) return false;
  if (spec.identity && !become(*spec.identity)) return false;
  return die_with(plan.parent);
}

[[noreturn]] void become_child(const ChildPlan& plan) {
  ::setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int signal = 1; signal < 32; ++signal) ::signal(signal, SIG_DFL);
  ::dup2(plan.in_fd, 0);
  ::dup2(plan.out_fd, 1);
  ::dup2(plan.err_fd, 2);
  ::syscall(SYS_close_range, 3U, ~0U, 1U << 2U);  // CLOSE_RANGE_CLOEXEC
  if (prepare_child(plan)) ::execve(plan.argv[0], plan.argv.data(), plan.env.data());
  const int why = errno;
  [[maybe_unused]] const auto ignored = ::write(plan.error_fd, &why, sizeof why);
  ::_exit(exit_exec_failed);
}

// As fork(2), with the child in the control group `directory`. An older kernel, or a container's filter, knows no
// clone3.
pid_t fork_into(int directory) {
  clone_args how{};
  how.flags = CLONE_INTO_CGROUP;
  how.exit_signal = SIGCHLD;
  how.cgroup = static_cast<std::uint64_t>(directory);
  return static_cast<pid_t>(::syscall(SYS_clone3, &how, sizeof how));
}

pid_t fork_child(ChildPlan& plan) {
  if (plan.spec->born_in < 0) return ::fork();
  plan.is_in_groups = true;
  if (const auto pid = fork_into(plan.spec->born_in); pid >= 0) return pid;
  if (plan.spec->groups.empty()) return -1;
  plan.is_in_groups = false;
  return ::fork();
}

// The child as its parent sees it. Killed and reaped at the latest when this goes.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid), pidfd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (reaped_) return;
    signal_group(SIGKILL);
    reap();
  }

  [[nodiscard]] int pidfd() const { return pidfd_.get(); }
  // Once: a program may take a second signal for more than the first.
  void signal_group(int signal) const {
    if (::kill(-pid_, signal) != 0) ::kill(pid_, signal);  // it has no group of its own yet
  }
  int reap() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    reaped_ = true;
    return status;
  }

 private:
  pid_t pid_;
  Fd pidfd_;
  bool reaped_ = false;
};

struct Output {
  Fd fd;
  OutputStream stream;
};

// Reads what is there, until `max_total` is passed. Returns false at end of file.
bool drain(Output& output, const OnOutput& on_output, std::size_t& total, std::size_t max_total) {
  std::array<char, 65536> buffer{};
  while (total <= max_total) {
    const auto got = ::read(output.fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return false;
    total += static_cast<std::size_t>(got);
    if (on_output) on_output(output.stream, {buffer.data(), static_cast<std::size_t>(got)});
    if (static_cast<std::size_t>(got) < buffer.size()) return true;
  }
  return true;
}

// Waits for one child: its output, its end, the user's stop and the deadline.
class Waiter {
 public:
  Waiter(const ProcessSpec& spec, const OnOutput& on_output, const Call& call, Child& child,
         std::vector<Output> outputs, milliseconds patience)
      : spec_(spec),
        on_output_(on_output),
        call_(call),
        child_(child),
        outputs_(std::move(outputs)),
        patience_(patience),
        watched_(spec.watched) {}

  Result<Finished> wait() {
    const auto started = Clock::now();
    const Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake) return fail_errno(ErrorKind::failure, "can't make an eventfd", errno);
    const std::stop_callback on_stop(call_.stop, [&] { ::eventfd_write(wake.get(), 1); });
    while (!poll_once(wake.get())) end_if_due();
    for (auto& output : outputs_) drain(output, on_output_, total_, spec_.max_output_bytes);
    const int status = child_.reap();
    Finished out;
    out.duration = std::chrono::duration_cast<milliseconds>(Clock::now() - started);
    out.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    out.end = end_ != ProcessEnd::exited ? end_ : WIFSIGNALED(status) ? ProcessEnd::signalled : ProcessEnd::exited;
    return out;
  }

 private:
  // Returns true once the direct child has ended.
  bool poll_once(int wake_fd) {
    std::vector<pollfd> fds = {{child_.pidfd(), POLLIN, 0}};
    if (end_ == ProcessEnd::exited) fds.push_back({wake_fd, POLLIN, 0});
    const auto first_output = fds.size();
    for (const auto& output : outputs_) fds.push_back({output.fd.get(), POLLIN, 0});
    for (const auto& watched : watched_) fds.push_back({watched.fd, POLLIN, 0});
    ::poll(fds.data(), static_cast<nfds_t>(fds.size()), timeout_ms());
    react(std::span(fds).subspan(first_output + outputs_.size()));
    for (auto i = outputs_.size(); i-- > 0;) {
      if (fds[first_output + i].revents == 0) continue;
      if (!drain(outputs_[i], on_output_, total_, spec_.max_output_bytes))
        outputs_.erase(outputs_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return fds[0].revents != 0;
  }

  void react(std::span<const pollfd> watched) {
    for (auto i = watched.size(); i-- > 0;) {
      if (watched[i].revents == 0) continue;
      const auto reaction = watched_[i].on_readable();
      if (reaction == Reaction::go_on) continue;
      if (reaction == Reaction::end_program && end_ == ProcessEnd::exited) {
        begin_end(ProcessEnd::alarmed, milliseconds{0});
      }
      watched_.erase(watched_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  [[nodiscard]] int timeout_ms() const {
    if (end_ == ProcessEnd::exited) return call_.poll_timeout_ms();
    if (killed_) return -1;
    return Call{{}, kill_at_}.poll_timeout_ms();
  }

  void end_if_due() {
    if (end_ == ProcessEnd::exited) {
      if (total_ > spec_.max_output_bytes)
        begin_end(ProcessEnd::output_limit, milliseconds{0});
      else if (call_.stop.stop_requested())
        begin_end(ProcessEnd::cancelled, patience_);
      else if (call_.expired())
        begin_end(ProcessEnd::timed_out, spec_.grace);
    }
    if (end_ != ProcessEnd::exited && !killed_ && Clock::now() >= kill_at_) {
      child_.signal_group(SIGKILL);
      killed_ = true;
    }
  }

  void begin_end(ProcessEnd why, milliseconds grace) {
    end_ = why;
    kill_at_ = Clock::now() + grace;
    child_.signal_group(SIGTERM);
  }

  const ProcessSpec& spec_;
  const OnOutput& on_output_;
  const Call& call_;
  Child& child_;
  std::vector<Output> outputs_;
  milliseconds patience_;
  std::vector<Watched> watched_;
  std::size_t total_ = 0;
  ProcessEnd end_ = ProcessEnd::exited;
  Clock::time_point kill_at_{};
  bool killed_ = false;
};

Result<void> exec_error(int error_fd, const std::string& program) {
  int why = 0;
  if (::read(error_fd, &why, sizeof why) == sizeof why) {
    return fail_errno(ErrorKind::failure, fmt::format("can't run {}", program), why);
  }
  return {};
}

}  // namespace

Result<Finished> run_process(const ProcessSpec& spec, const OnOutput& on_output, const Call& call) {
  return run_patiently(spec, on_output, call, cancel_grace);
}

Result<Finished> run_patiently(const ProcessSpec& spec, const OnOutput& on_output, const Call& call,
                               milliseconds patience) {
  ERRAND_TRY(call.check());
  ERRAND_TRY_ASSIGN(auto out, make_pipe());
  ERRAND_TRY_ASSIGN(auto err, make_pipe());
  ERRAND_TRY_ASSIGN(auto exec_status, make_pipe());
  const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null) return fail_errno(ErrorKind::failure, "can't open /dev/null", errno);

  ChildPlan plan;
  plan.argv = pointers(spec.argv);
  plan.env = pointers(spec.env);
  plan.directory = spec.directory.empty() ? nullptr : spec.directory.c_str();
  plan.in_fd = spec.stdin_fd >= 0 ? spec.stdin_fd : null.get();
  plan.out_fd = out.write_end.get();
  plan.err_fd = spec.merge_stderr ? out.write_end.get() : err.write_end.get();
  plan.error_fd = exec_status.write_end.get();
  plan.spec = &spec;
  plan.parent = ::getpid();

  const pid_t pid = fork_child(plan);
  if (pid < 0) return fail_errno(ErrorKind::failure, fmt::format("can't start {}", spec.argv[0]), errno);
  if (pid == 0) become_child(plan);

  ::setpgid(pid, pid);  // the child does it too: whoever is first
  Child child(pid);
  if (child.pidfd() < 0) return fail_errno(ErrorKind::failure, "can't watch a child process", errno);
  out.write_end.reset();
  err.write_end.reset();
  exec_status.write_end.reset();
  ERRAND_TRY(exec_error(exec_status.read_end.get(), spec.argv[0]));

  std::vector<Output> outputs;
  outputs.push_back({std::move(out.read_end), OutputStream::standard_output});
  if (!spec.merge_stderr) outputs.push_back({std::move(err.read_end), OutputStream::standard_error});
  for (const auto& output : outputs) ::fcntl(output.fd.get(), F_SETFL, O_NONBLOCK);
  return Waiter(spec, on_output, call, child, std::move(outputs), patience).wait();
}

}  // namespace errand
