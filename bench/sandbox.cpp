// Measures what a sandbox costs, beside bubblewrap alone and no sandbox at all, in turns.
#include "sandbox.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/process.hpp"
#include "sandbox/sandbox.hpp"

namespace errand::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int persistent_commands = 1000;

double milliseconds_of(const std::function<bool()>& work) {
  const auto started = Clock::now();
  if (!work()) fmt::print(stderr, "a command failed\n");
  return std::chrono::duration<double, std::milli>(Clock::now() - started).count();
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

  std::vector<double> ours, theirs, none;
  for (int i = 0; i < rounds; ++i) {
    ours.push_back(milliseconds_of([&] { return ran(box->run(command, policy, {}, {})); }));
    theirs.push_back(milliseconds_of([&] { return ran(run_process(alone, {}, {})); }));
    none.push_back(milliseconds_of([&] { return ran(run_process(bare, {}, {})); }));
  }

  std::string script;
  for (int i = 0; i < persistent_commands; ++i) script += "/bin/true\n";
  const auto input = memory_file(script);
  sandbox::Command shell = command;
  shell.argv = {"/bin/bash", "-s"};
  shell.stdin_fd = input ? input->get() : -1;
  const auto whole = milliseconds_of([&] { return ran(box->run(shell, policy, {}, {})); });
  fmt::print("{:.2f} {:.2f} {:.2f} {:.3f}\n", median(ours), median(theirs), median(none),
             (whole - median(ours)) / persistent_commands);
  return 0;
}

}  // namespace errand::bench
