#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "sandbox/sandbox.hpp"
#include "support/temp_dir.hpp"
#include "unit/sandbox/files.hpp"

namespace errand::test {

inline const sandbox::Sandbox& shared_sandbox() {
  static const auto sandbox = sandbox::open_bubblewrap();
  return *sandbox;
}

/// Whether this machine can make sandboxes; says so when it can't.
inline bool can_confine() {
  const auto level = shared_sandbox().level();
  if (level.name == "bubblewrap") return true;
  WARN("skipped, no sandbox on this machine: " << level.why);
  return false;
}

struct Outcome {
  std::string out;
  Finished finished;
};

/// A workspace `ws` beside a file that is none of a command's business.
struct Confined {
  TempDir dir;
  sandbox::SandboxPolicy policy;

  Confined() {
    policy.workspace = dir / "ws";
    policy.writable = {policy.workspace};
    make_directory(policy.workspace);
    put(dir / "outside", "outside");
  }

  [[nodiscard]] Result<Outcome> try_run(const std::string& script, const Call& call = {}) const {
    sandbox::Command command;
    command.argv = {"/bin/bash", "-c", script};
    command.cwd = policy.workspace;
    Outcome outcome;
    const auto collect = [&](OutputStream, std::string_view piece) { outcome.out += piece; };
    const auto limit = call.within(std::chrono::seconds(120));
    auto finished = shared_sandbox().run(command, policy, collect, limit);
    if (!finished) return fail(std::move(finished).error());
    outcome.finished = *finished;
    return outcome;
  }

  Outcome run(const std::string& script, const Call& call = {}) const {
    auto outcome = try_run(script, call);
    if (!outcome) FAIL(describe(outcome.error()));
    return *std::move(outcome);
  }

  /// What the script printed.
  [[nodiscard]] std::string out(const std::string& script) const { return run(script).out; }
};

}  // namespace errand::test
