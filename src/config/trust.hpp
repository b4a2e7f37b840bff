#pragma once

#include <compare>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/configuration.hpp"

namespace errand::config {

// Which projects the user trusts: lines of <state_dir>/trust, mode 0600. A record covers a resolved directory and the
// guarded values it had; other values of it, as another ERRAND_ENV gives them, want a record of their own. Concurrent
// writers wait for each other.

struct TrustRecord {
  std::string directory;
  std::string guarded_hash;
  auto operator<=>(const TrustRecord&) const = default;
};

/// By directory, each once for every set of values. A missing file is an empty list; an unreadable or damaged one is
/// `config`.
Result<std::vector<TrustRecord>> trusted_projects(const std::string& state_dir);

/// Trusts the project of `config` with the guarded values it has now, too: what was trusted before stays so.
Result<void> trust_project(const Configuration& config);

/// Forgets `directory` (absolute, resolved), with all its values. `failure` when it was not trusted.
Result<void> forget_project(const std::string& state_dir, const std::string& directory);

}  // namespace errand::config
