#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/configuration.hpp"

namespace errand::config {

// Which projects the user trusts: one line each in <state_dir>/trust, mode 0600. A record covers a resolved directory
// and the guarded values it had; with other values it no longer holds. Concurrent writers wait for each other.

struct TrustRecord {
  std::string directory;
  std::string guarded_hash;
  bool operator==(const TrustRecord&) const = default;
};

/// By directory. A missing file is an empty list; an unreadable or damaged one is `config`.
Result<std::vector<TrustRecord>> trusted_projects(const std::string& state_dir);

/// Trusts the project of `config` with the guarded values it has now, in place of an older record.
Result<void> trust_project(const Configuration& config);

/// Forgets `directory` (absolute, resolved). `failure` when it was not trusted.
Result<void> forget_project(const std::string& state_dir, const std::string& directory);

}  // namespace errand::config
