// Measures what a sandbox costs, beside bubblewrap alone and no sandbox at all, in turns.
#include "sandbox.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/process.hpp"
#include "sandbox/sandbox.hpp"

namespace errand::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int persistent_commands = 1000;

// The processor's time that this process and those it started took (perf_event_open(2)), other people's load aside.
// Where it can't be had each reading is 0.
class ProcessorTime {
 public:
  ProcessorTime() {
    perf_event_attr what{};
    what.type = PERF_TYPE_SOFTWARE;
    what.size = sizeof what;
    what.config = PERF_COUNT_SW_TASK_CLOCK;
    what.inherit = 1;
    counter_ = Fd(static_cast<int>(::syscall(SYS_perf_event_open, &what, 0, -1, -1, PERF_FLAG_FD_CLOEXEC)));
  }

  [[nodiscard]] double milliseconds() const {
    std::uint64_t nanoseconds = 0;
    const bool got = counter_ && ::read(counter_.get(), &nanoseconds, sizeof nanoseconds) == sizeof nanoseconds;
    return got ? static_cast<double>(nanoseconds) / 1e6 : 0.0;
  }

 private:
  Fd counter_;
};

// Of one way to run a command, round by round, in ms.
struct Series {
  std::vector<double> elapsed;
  std::vector<double> processor;
};

double milliseconds_of(const std::function<bool()>& work) {
  const auto started = Clock::now();
  if (!work()) fmt::print(stderr, "a command failed\n");
  return std::chrono::duration<double, std::milli>(Clock::now() - started).count();
}

void measure(Series& series, const ProcessorTime& processor, const std::function<bool()>& work) {
  const auto before = processor.milliseconds();
  series.elapsed.push_back(milliseconds_of(work));
  series.processor.push_back(processor.milliseconds() - before);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

bool ran(const Result<Finished>& finished) {
  return finished && finished->exit_code == 0;
}

// The same namespaces and the least that bash needs to see.
ProcessSpec bubblewrap_alone(const std::string& workspace) {
  ProcessSpec spec;
  spec.argv = {"/usr/bin/bwrap",
               "--unshare-user",
               "--unshare-pid",
               "--unshare-net",
               "--unshare-ipc",
               "--unshare-uts",
               "--unshare-cgroup-try",
               "--uid",
               "1000",
               "--gid",
               "1000",
               "--hostname",
               "sandbox",
               "--die-with-parent",
               "--new-session",
               "--clearenv",
               "--ro-bind",
               "/usr",
               "/usr",
               "--symlink",
               "usr/bin",
               "/bin",
               "--symlink",
               "usr/lib",
               "/lib",
               "--symlink",
               "usr/lib64",
               "/lib64",
               "--proc",
               "/proc",
               "--dev",
               "/dev",
               "--tmpfs",
               "/tmp",
               "--bind",
               workspace,
               workspace,
               "--remount-ro",
               "/",
               "--chdir",
               workspace,
               "/bin/bash",
               "-c",
               "true"};
  return spec;
}

}  // namespace

int sandbox(const std::string& workspace, int rounds) {
  const auto box = sandbox::open_bubblewrap();
  if (box->level().name != "bubblewrap") {
    fmt::print(stderr, "{}\n", box->level().why);
    return 1;
  }
  sandbox::SandboxPolicy policy;
  policy.workspace = workspace;
  policy.writable = {workspace};
  sandbox::Command command;
  command.argv = {"/bin/bash", "-c", "true"};
  command.cwd = workspace;
  const auto alone = bubblewrap_alone(workspace);
  ProcessSpec bare;
  bare.argv = command.argv;

  const ProcessorTime processor;
  Series ours, theirs, none;
  for (int i = 0; i < rounds; ++i) {
    measure(ours, processor, [&] { return ran(box->run(command, policy, {}, {})); });
    measure(theirs, processor, [&] { return ran(run_process(alone, {}, {})); });
    measure(none, processor, [&] { return ran(run_process(bare, {}, {})); });
  }

  std::string script;
  for (int i = 0; i < persistent_commands; ++i) script += "/bin/true\n";
  const auto input = memory_file(script);
  sandbox::Command shell = command;
  shell.argv = {"/bin/bash", "-s"};
  shell.stdin_fd = input ? input->get() : -1;
  const auto whole = milliseconds_of([&] { return ran(box->run(shell, policy, {}, {})); });
  fmt::print("{:.2f} {:.2f} {:.2f} {:.3f} {:.2f} {:.2f} {:.2f}\n", median(ours.elapsed), median(theirs.elapsed),
             median(none.elapsed), (whole - median(ours.elapsed)) / persistent_commands, median(ours.processor),
             median(theirs.processor), median(none.processor));
  return 0;
}

}  // namespace errand::bench
