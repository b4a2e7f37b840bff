#include "sandbox/bubblewrap.hpp"

#include <array>
#include <atomic>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/sync.hpp"
#include "base/try.hpp"
#include "sandbox/arguments.hpp"
#include "sandbox/environment.hpp"
#include "sandbox/lookup.hpp"
#include "sandbox/place.hpp"
#include "sandbox/plan.hpp"
#include "sandbox/setup_report.hpp"
#include "sandbox/system_view.hpp"

namespace errand::sandbox {

namespace {

using std::chrono::milliseconds;

// Never one found through PATH or the working directory.
const std::vector<std::string>& system_paths() {
  static const std::vector<std::string> paths = {"/usr/bin/bwrap", "/usr/local/bin/bwrap"};
  return paths;
}

constexpr std::string_view off_hint = "`--sandbox off` runs commands without a sandbox, if that is what you want";
constexpr milliseconds teardown_limit{10'000};
constexpr std::size_t max_held_bytes = 4096;

constexpr std::uint64_t max_file_size = std::uint64_t{2} << 30U;
constexpr std::uint64_t max_open_files = 4096;
constexpr std::uint64_t cpu_grace = 5;  // seconds between SIGXCPU and SIGKILL

// Each process has these of its own; memory and number of processes need a control group.
std::vector<ResourceLimit> limits_of(const SandboxPolicy& policy) {
  std::vector<ResourceLimit> out = {{RLIMIT_CORE, 0, 0},
                                    {RLIMIT_FSIZE, max_file_size, max_file_size},
                                    {RLIMIT_NOFILE, max_open_files, max_open_files}};
  const auto cpu = std::chrono::ceil<std::chrono::seconds>(policy.cpu).count();
  if (cpu > 0)
    out.push_back({RLIMIT_CPU, static_cast<std::uint64_t>(cpu), static_cast<std::uint64_t>(cpu) + cpu_grace});
  return out;
}

std::optional<std::string> first_program(const std::vector<std::string>& paths) {
  for (const auto& path : paths) {
    if (is_regular_file(path) && ::access(path.c_str(), X_OK) == 0) return path;
  }
  return std::nullopt;
}

// A home of its own where the user's is, so that "~" means the same inside and outside.
std::string home_inside() {
  constexpr auto elsewhere = "/home/user";
  const auto home = look_up(home_directory(), "/", "/");
  if (!home || home->path == "/") return elsewhere;
  for (const char* system : {"/usr", "/etc", "/proc", "/dev", "/sys", "/var/tmp", "/bin", "/sbin", "/lib"}) {
    if (is_within(home->path, system)) return elsewhere;
  }
  return home->path == "/tmp" ? elsewhere : home->path;
}

Result<void> check_policy(const SandboxPolicy& policy, const std::string& home) {
  for (const auto& roots : {policy.writable, policy.readable}) {
    for (const auto& root : roots) {
      if (!root.starts_with('/') || normalize_path(root) != root) {
        return fail(ErrorKind::internal, fmt::format("the root \"{}\" was not resolved", shown_path(root)));
      }
      if (root == "/") return fail(ErrorKind::denied, "the shell is refused: \"/\" can't be shown to commands");
    }
  }
  if (!policy.workspace.empty() && is_within(home, policy.workspace)) {
    return fail(ErrorKind::denied,
                fmt::format("the shell is refused: the workspace \"{}\" holds your home directory",
                            shown_path(policy.workspace)),
                "start in a project's directory");
  }
  return {};
}

Result<void> check_directory(const Command& command, const SandboxPolicy& policy) {
  const auto place = place_of(policy, command.cwd);
  const auto shown = shown_path(command.cwd);
  if (place == Place::outside || place == Place::hidden) {
    return fail(ErrorKind::denied, fmt::format("the working directory \"{}\" is outside the workspace", shown));
  }
  if (!is_directory(command.cwd)) {
    return fail(ErrorKind::failure, fmt::format("the working directory \"{}\" is not there", shown));
  }
  return {};
}

// Keeps back what may be bubblewrap's own complaint until it is known whether the command ran.
class HeldOutput {
 public:
  explicit HeldOutput(const OnOutput& next) : next_(next) {}

  void operator()(OutputStream stream, std::string_view piece) {
    if (passed_ || (!held_.empty() && stream != stream_)) return pass(stream, piece);
    held_.append(piece);
    stream_ = stream;
    constexpr std::string_view mark = "bwrap: ";
    const auto common = std::min(mark.size(), held_.size());
    if (held_.size() > max_held_bytes || held_.compare(0, common, mark, 0, common) != 0) release();
  }

  void release() {
    if (!std::exchange(passed_, true) && !held_.empty()) pass(stream_, held_);
  }

  [[nodiscard]] const std::string& held() const { return held_; }

 private:
  void pass(OutputStream stream, std::string_view piece) const {
    if (next_) next_(stream, piece);
  }

  const OnOutput& next_;
  std::string held_;
  OutputStream stream_ = OutputStream::standard_error;
  bool passed_ = false;
};

// bubblewrap is gone when the command is; its process 1 and what else was inside are killed by the kernel at that
// moment. Waits until that has happened, so that nothing writes to the workspace any more.
void await_teardown(pid_t init) {
  const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, init, 0)));
  if (!process) return;
  pollfd waiting{process.get(), POLLIN, 0};
  if (::poll(&waiting, 1, static_cast<int>(teardown_limit.count())) == 0) {
    log::warn("sandbox: process {} of an ended sandbox is still there", init);
  }
}

Result<Finished> run_bare(const Command& command, const SandboxPolicy& policy, const OnOutput& on_output,
                          const Call& call) {
  ProcessSpec spec;
  spec.argv = command.argv;
  spec.env = name_value_strings(bare_environment(policy));
  spec.directory = command.cwd;
  spec.merge_stderr = command.merge_stderr;
  spec.max_output_bytes = command.max_output_bytes;
  return run_process(spec, on_output, call);
}

class Bubblewrap final : public Sandbox {
 public:
  explicit Bubblewrap(std::vector<std::string> paths)
      : paths_(std::move(paths)), home_(home_inside()), system_(look_at_system()) {}

  [[nodiscard]] Level level() const override {
    return level_.with([&](std::optional<Level>& known) {
      if (!known) known = probe();
      return *known;
    });
  }

  Result<Finished> run(const Command& command, const SandboxPolicy& policy, const OnOutput& on_output,
                       const Call& call) const override {
    if (!policy.enforced) return run_bare(command, policy, on_output, call);
    ERRAND_TRY(check_policy(policy, home_));
    ERRAND_TRY(check_directory(command, policy));
    return run_confined(command, policy, on_output, call);
  }

 private:
  struct Attempt {
    Finished finished;
    bool ran = false;    // the command, not only bubblewrap
    std::string output;  // bubblewrap's own, when it did not
  };

  // The real profile with an empty policy: everything that can be refused is asked for.
  [[nodiscard]] Level probe() const {
    Command nothing;
    nothing.argv = {"/bin/true"};
    nothing.cwd = "/tmp";
    const auto ran = run_confined(nothing, {}, {}, Call{}.within(std::chrono::seconds(30)));
    if (!ran) return {"unavailable", fmt::format("{}; {}", ran.error().message, ran.error().hint)};
    if (ran->exit_code != 0) return {"unavailable", fmt::format("a probe ended with exit code {}", ran->exit_code)};
    return {"bubblewrap", ""};
  }

  Result<Finished> run_confined(const Command& command, const SandboxPolicy& policy, const OnOutput& on_output,
                                const Call& call) const {
    const auto bwrap = first_program(paths_);
    if (!bwrap) {
      return fail(ErrorKind::denied, "no sandbox can be made: bubblewrap is not installed",
                  fmt::format("install the package bubblewrap; {}", off_hint));
    }
    ERRAND_TRY_ASSIGN(auto attempt, start(*bwrap, command, policy, on_output, call));
    if (!attempt.ran && attempt.output.find("Unknown option --") != std::string::npos && can_bind_fd_.exchange(false)) {
      log::debug("sandbox: this bubblewrap has no --bind-fd");
      ERRAND_TRY_ASSIGN(attempt, start(*bwrap, command, policy, on_output, call));
    }
    if (attempt.ran) return attempt.finished;
    if (attempt.output.starts_with("bwrap: execvp ")) {
      return fail(ErrorKind::failure, fmt::format("can't run {} in the sandbox", shown_path(command.argv[0])));
    }
    auto failure = explain_setup_failure(attempt.output);
    return fail(ErrorKind::denied, fmt::format("no sandbox can be made: {}", failure.why),
                failure.hint.empty() ? std::string(off_hint) : fmt::format("{}; {}", failure.hint, off_hint));
  }

  // Without --bind-fd a path is looked up a second time by bubblewrap.
  void use_paths_where_needed(std::vector<Mount>& mounts) const {
    if (can_bind_fd_) return;
    for (auto& mount : mounts) mount.source = -1;
  }

  Result<Attempt> start(const std::string& bwrap, const Command& command, const SandboxPolicy& policy,
                        const OnOutput& on_output, const Call& call) const {
    ERRAND_TRY_ASSIGN(auto plan, plan_mounts(policy, guards_));
    ERRAND_TRY_ASSIGN(auto own, open_own_files(system_, home_, policy.network));
    use_paths_where_needed(plan.mounts);
    const Profile profile{
        system_, own.files,  std::move(plan.mounts), confined_environment(policy, home_), policy.network,
        home_,   command.cwd};
    ERRAND_TRY_ASSIGN(const auto options, memory_file(nul_separated(bubblewrap_options(profile))));
    ERRAND_TRY_ASSIGN(auto report, make_pipe());

    ProcessSpec spec;
    spec.argv = {
        bwrap, "--args", std::to_string(options.get()), "--json-status-fd", std::to_string(report.write_end.get()),
        "--"};
    spec.argv.insert(spec.argv.end(), command.argv.begin(), command.argv.end());
    spec.merge_stderr = command.merge_stderr;
    spec.max_output_bytes = command.max_output_bytes;
    spec.limits = limits_of(policy);
    spec.keep_fds = {options.get(), report.write_end.get()};
    for (const auto& fd : plan.kept) spec.keep_fds.push_back(fd.get());
    for (const auto& fd : own.kept) spec.keep_fds.push_back(fd.get());
    return watch(spec, std::move(report), on_output, call);
  }

  static Result<Attempt> watch(const ProcessSpec& spec, Pipe report, const OnOutput& on_output, const Call& call) {
    HeldOutput held(on_output);
    ERRAND_TRY_ASSIGN(const auto finished,
                      run_process(
                          spec, [&](OutputStream stream, std::string_view s) { held(stream, s); }, call));
    report.write_end.reset();
    ::fcntl(report.read_end.get(), F_SETFL, O_NONBLOCK);
    std::array<char, 1024> buffer{};
    const auto size = ::read(report.read_end.get(), buffer.data(), buffer.size());
    const auto said = parse_setup_report({buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0});
    if (said.init) await_teardown(*said.init);

    const bool ended_by_us = finished.end != ProcessEnd::exited && finished.end != ProcessEnd::signalled;
    Attempt out{finished, said.exit_code.has_value() || ended_by_us, held.held()};
    if (out.ran) held.release();
    return out;
  }

  std::vector<std::string> paths_;
  std::string home_;
  SystemView system_;
  mutable GuardCache guards_;
  mutable Sync<std::optional<Level>> level_;
  mutable std::atomic<bool> can_bind_fd_ = true;
};

}  // namespace

std::unique_ptr<Sandbox> open_bubblewrap() {
  return open_bubblewrap_at(system_paths());
}

std::unique_ptr<Sandbox> open_bubblewrap_at(std::vector<std::string> paths) {
  return std::make_unique<Bubblewrap>(std::move(paths));
}

Level level_under(const Sandbox& sandbox, const SandboxPolicy& policy) {
  if (!policy.enforced) return {"off", "commands run without a sandbox because the user switched it off"};
  return sandbox.level();
}

}  // namespace errand::sandbox
