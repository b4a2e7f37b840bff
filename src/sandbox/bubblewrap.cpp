#include "sandbox/bubblewrap.hpp"

#include <atomic>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/sync.hpp"
#include "base/try.hpp"
#include "sandbox/environment.hpp"
#include "sandbox/host.hpp"
#include "sandbox/launch.hpp"
#include "sandbox/lookup.hpp"
#include "sandbox/place.hpp"
#include "sandbox/setup_report.hpp"

namespace errand::sandbox {

namespace {

// Never one found through PATH or the working directory.
const std::vector<std::string>& system_paths() {
  static const std::vector<std::string> paths = {"/usr/bin/bwrap", "/usr/local/bin/bwrap"};
  return paths;
}

constexpr std::string_view off_hint = "`--sandbox off` runs commands without a sandbox, if that is what you want";

std::optional<std::string> first_program(const std::vector<std::string>& paths) {
  for (const auto& path : paths) {
    if (is_regular_file(path) && ::access(path.c_str(), X_OK) == 0) return path;
  }
  return std::nullopt;
}

// The host's own processes, devices and secrets, which the sandbox has its own of.
bool may_be_shown(const std::string& root) {
  for (const char* system : {"/proc", "/sys", "/dev"}) {
    if (is_within(root, system)) return false;
  }
  return root != "/" && root != "/etc" && root != "/usr";
}

Result<void> check_policy(const SandboxPolicy& policy, const std::string& home) {
  for (const auto& roots : {policy.writable, policy.readable}) {
    for (const auto& root : roots) {
      if (!root.starts_with('/') || normalize_path(root) != root) {
        return fail(ErrorKind::internal, fmt::format("the root \"{}\" was not resolved", shown_path(root)));
      }
      if (!may_be_shown(root)) {
        return fail(ErrorKind::denied, fmt::format("the shell is refused: \"{}\" can't be shown to commands", root));
      }
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

Result<Finished> run_bare(const Command& command, const SandboxPolicy& policy, const OnOutput& on_output,
                          const Call& call) {
  ProcessSpec spec;
  spec.argv = command.argv;
  spec.env = name_value_strings(bare_environment(policy));
  spec.directory = command.cwd;
  spec.merge_stderr = command.merge_stderr;
  spec.max_output_bytes = command.max_output_bytes;
  spec.stdin_fd = command.stdin_fd;
  return run_process(spec, on_output, call);
}

// Nobody's workspace but root's has commands of root's to protect from.
std::optional<Mechanism> unprivileged_user(const Host& host, bool mapped) {
  if (::geteuid() != 0) return std::nullopt;
  if (mapped) return Mechanism{"unprivileged user", true, "also in root's own workspace, by id-mapped mounts"};
  const auto why = host.id_map.refusal();
  return Mechanism{"unprivileged user", false,
                   fmt::format("commands are root's to the kernel in root's own workspace: {}",
                               why.empty() ? "this directory can't be shown to commands" : why)};
}

std::vector<Mechanism> mechanisms_of(const Host& host, const Launched& launched) {
  const auto& groups = host.groups;
  const auto& how = groups.description();
  const bool counts_processes = groups.limits_processes() || launched.mapped || ::geteuid() != 0;
  const int abi = launched.inner.landlock_abi;
  std::vector<Mechanism> out = {
      {"memory limit", groups.limits_memory(),
       groups.limits_memory() ? fmt::format("for all processes together, by control groups {}", how)
                              : fmt::format("each process is bounded, all together are not: {}", how)},
      {"process limit", counts_processes,
       groups.limits_processes() ? fmt::format("by control groups {}", how)
       : counts_processes        ? "by the user's limit"
                                 : fmt::format("root's processes are not counted: {}", how)},
      {"Landlock", abi > 0, abi > 0 ? fmt::format("interface {}", abi) : "this kernel has none"}};
  if (auto user = unprivileged_user(host, launched.mapped)) out.push_back(*std::move(user));
  return out;
}

class Bubblewrap final : public Sandbox {
 public:
  explicit Bubblewrap(std::vector<std::string> paths) : paths_(std::move(paths)), host_(look_at_host()) {}

  [[nodiscard]] Level level() const override {
    return level_.with([&](std::optional<Level>& known) {
      if (!known) known = probe();
      return *known;
    });
  }

  Result<Finished> run(const Command& command, const SandboxPolicy& policy, const OnOutput& on_output,
                       const Call& call) const override {
    if (!policy.enforced) return run_bare(command, policy, on_output, call);
    ERRAND_TRY(check_policy(policy, host_.home));
    ERRAND_TRY(check_directory(command, policy));
    ERRAND_TRY_ASSIGN(const auto launched, start_confined(command, policy, on_output, call));
    return outcome_of(launched, command);
  }

 private:
  // The real profile with an empty policy: everything that can be refused is asked for.
  [[nodiscard]] Level probe() const {
    Command nothing;
    nothing.argv = {"/bin/true"};
    nothing.cwd = "/tmp";
    SandboxPolicy policy;
    // Root's own files are shown in another way than the system's, where that is possible.
    if (const auto here = current_directory(); here && may_be_shown(*here)) policy.readable = {*here};
    const auto launched = start_confined(nothing, policy, {}, Call{}.within(std::chrono::seconds(30)));
    const auto ran = launched ? outcome_of(*launched, nothing) : fail(launched.error());
    if (!ran) return {"unavailable", fmt::format("{}; {}", ran.error().message, ran.error().hint), {}};
    if (ran->exit_code != 0) return {"unavailable", fmt::format("a probe ended with exit code {}", ran->exit_code), {}};
    return {"bubblewrap", "", mechanisms_of(host_, *launched)};
  }

  Result<Launched> start_confined(const Command& command, const SandboxPolicy& policy, const OnOutput& on_output,
                                  const Call& call) const {
    const auto bwrap = first_program(paths_);
    if (!bwrap) {
      return fail(ErrorKind::denied, "no sandbox can be made: bubblewrap is not installed",
                  fmt::format("install the package bubblewrap; {}", off_hint));
    }
    const auto start = [&] {
      return launch(*bwrap, host_, can_bind_fd_ ? BindBy::descriptor : BindBy::path, command, policy, on_output, call);
    };
    ERRAND_TRY_ASSIGN(auto launched, start());
    const bool made_none = !launched.ended && launched.mapped && launched.inner.cannot_execute == 0;
    if (made_none && host_.id_map.give_up()) {
      auto without = start();
      if (!without || !without->ended) host_.id_map.take_up();
      ERRAND_TRY_ASSIGN(launched, std::move(without));
    }
    if (!launched.ended && launched.output.find("Unknown option --") != std::string::npos &&
        can_bind_fd_.exchange(false)) {
      log::debug("sandbox: this bubblewrap has no --bind-fd");
      ERRAND_TRY_ASSIGN(launched, start());
    }
    return launched;
  }

  static Result<Finished> outcome_of(const Launched& launched, const Command& command) {
    if (launched.ended) return launched.finished;
    if (launched.inner.cannot_execute != 0) {
      return fail_errno(ErrorKind::failure, fmt::format("can't run {} in the sandbox", shown_path(command.argv[0])),
                        launched.inner.cannot_execute);
    }
    const auto failure = launched.inner.failure.empty() ? explain_setup_failure(launched.output)
                                                        : SetupFailure{launched.inner.failure, ""};
    return fail(ErrorKind::denied, fmt::format("no sandbox can be made: {}", failure.why),
                failure.hint.empty() ? std::string(off_hint) : fmt::format("{}; {}", failure.hint, off_hint));
  }

  std::vector<std::string> paths_;
  Host host_;
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
