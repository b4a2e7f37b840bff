#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/sync.hpp"

namespace errand::sandbox {

enum class NetworkAccess { none, allowlist, full };

/// A decision of the network's filter: which host was asked for, and why it was refused (empty: it was let through).
struct Contact {
  std::string host;
  int port = 0;
  std::string refusal;
};
/// Called from several threads at once.
using OnContact = std::function<void(const Contact&)>;

/// What our own file tools wrote with the user's leave while commands run: those names are not held against a command.
struct OwnNames {
  Sync<std::set<std::string>> paths{};  ///< absolute
};

/// What tools may touch: one value drives the shell and the in-process file tools. Paths are absolute and resolved.
struct SandboxPolicy {
  std::string workspace;
  std::vector<std::string> writable;  ///< the workspace among them unless it is read-only
  std::vector<std::string> readable;  ///< beside the writable ones
  std::vector<std::string> hidden;    ///< never visible, also inside the roots: data directory, our configuration
  std::vector<std::string> shown;     ///< read-only exceptions below `hidden`: files/<session> of the running session
  std::vector<std::pair<std::string, std::string>> env;  ///< passed to commands
  NetworkAccess network = NetworkAccess::none;
  std::vector<std::string> allowed_domains;
  std::uint64_t memory_bytes = std::uint64_t{2} << 30U;
  int processes = 256;
  std::chrono::milliseconds cpu{120'000};
  std::shared_ptr<OwnNames> own_names = std::make_shared<OwnNames>();
  bool enforced = true;  ///< false: the user said `--sandbox off`
};

}  // namespace errand::sandbox
