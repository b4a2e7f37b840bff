#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/call.hpp"
#include "base/error.hpp"
#include "base/process.hpp"
#include "sandbox/policy.hpp"

namespace errand::sandbox {

/// A command for the shell.
struct Command {
  std::vector<std::string> argv;  ///< as seen inside, e.g. {"/bin/bash", "-c", "make"}
  std::string cwd;                ///< absolute, inside the roots
  bool merge_stderr = true;
  std::size_t max_output_bytes = 16U << 20U;
  int stdin_fd = -1;     ///< borrowed; -1: nothing to read
  OnContact on_contact;  ///< told of what the network's filter decides; may be empty
  /// Others work in the workspace while it runs: a guarded name that anybody makes ends it, so that the next one has it
  /// guarded, and stays where it is.
  bool lives_long = false;
};

/// One protection: whether it holds on this machine, and what it is or why it does not.
struct Mechanism {
  std::string name;
  bool on = false;
  std::string why;
};

/// How well commands are confined.
struct Level {
  std::string name;                   ///< "bubblewrap", "off", "unavailable"
  std::string why;                    ///< what is missing and what to do; empty when all is well
  std::vector<Mechanism> mechanisms;  ///< what a command can't see of its own sandbox
};

/// Runs commands confined. Safe to call from several threads at once.
class Sandbox {
 public:
  virtual ~Sandbox() = default;

  /// What run() will do. The first call probes with the real profile; later ones are free.
  [[nodiscard]] virtual Level level() const = 0;

  /// Runs `command` under `policy`, in a sandbox of its own that ends with it: what the command left running is dead
  /// when this returns, after a timeout or a stop as well. Waits, and calls `on_output`, on the calling thread.
  /// Fails with `denied` when no sandbox can be made (what made it fail is never taken for the command's exit code): a
  /// command never runs bare unless `policy.enforced` is false. `NetworkAccess::allowlist` gives no network as long as
  /// no proxy enforces the list.
  virtual Result<Finished> run(const Command& command, const SandboxPolicy& policy, const OnOutput& on_output,
                               const Call& call) const = 0;
};

/// Bubblewrap from a fixed system path. Cheap: nothing is run before level() or run() is called.
std::unique_ptr<Sandbox> open_bubblewrap();

/// The level that holds for a policy: "off" when it is not enforced (nothing is probed then), else `sandbox.level()`.
Level level_under(const Sandbox& sandbox, const SandboxPolicy& policy);

}  // namespace errand::sandbox
