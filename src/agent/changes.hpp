#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "sandbox/workspace.hpp"
#include "store/session_store.hpp"
#include "store/snapshots.hpp"

namespace errand::agent {

/// A file that tools of a session changed: what it held before the first change, and what it holds now.
struct FileChange {
  std::string path;                   ///< absolute
  std::optional<std::string> before;  ///< nullopt: there was no such file
  std::optional<std::string> now;     ///< nullopt: there is none
  std::string unknown;                ///< why one of them can't be had; empty: both are there
};

/// Those that file tools changed in that session, sorted by path, as snapshots know it; what shell commands did is not
/// known here, and later changes by others are part of it. Fails with `storage`.
Result<std::vector<FileChange>> changed_files(store::Snapshots& snapshots, const std::string& session,
                                              const sandbox::Workspace& files);

/// A file that tools of a session read or changed.
struct TouchedFile {
  std::string path;  ///< absolute
  bool changed = false;
  bool operator==(const TouchedFile&) const = default;
};

/// Those that calls of Read, Edit and Write which went well named (`cwd` is where relative paths start), and those that
/// snapshots know; sorted by path.
std::vector<TouchedFile> touched_files(const std::vector<store::StoredMessage>& messages,
                                       const std::vector<store::Snapshot>& snapshots, const std::string& cwd);

}  // namespace errand::agent
