#pragma once

#include <string>

#include "base/call.hpp"
#include "base/error.hpp"
#include "base/process.hpp"
#include "sandbox/host.hpp"
#include "sandbox/inner.hpp"
#include "sandbox/sandbox.hpp"

namespace errand::sandbox {

/// How bubblewrap is told of a mount's source. `path`: it looks the path up a second time.
enum class BindBy { descriptor, path };

/// How one start came out.
struct Launched {
  Finished finished;
  InnerReport inner;    ///< what the second stage said
  bool ended = false;   ///< the command ran and came to an end, by itself or by us
  bool mapped = false;  ///< as `nobody`, with id-mapped mounts (id_map.hpp)
  std::string output;   ///< bubblewrap's own messages when it did not run
};

/// Runs `command` once in a sandbox made for it: namespaces and mounts by the program `bwrap`, then the second stage,
/// then the command. Everything the command started is dead when this returns. Fails with `denied` or `failure` when
/// something is missing before bubblewrap can be started.
Result<Launched> launch(const std::string& bwrap, const Host& host, BindBy bind_by, const Command& command,
                        const SandboxPolicy& policy, const OnOutput& on_output, const Call& call);

}  // namespace errand::sandbox
