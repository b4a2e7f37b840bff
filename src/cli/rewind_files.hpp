#pragma once

#include <cstdint>
#include <vector>

#include "agent/restore.hpp"
#include "base/error.hpp"
#include "base/json_fwd.hpp"
#include "cli/sessions.hpp"

namespace errand::cli {

/// What `sessions rewind --files` comes to, file by file.
struct RestoredFile {
  agent::RestoreStep step;
  std::string failure;  ///< why it could not be done; empty: it was, or nothing was to be done
};

/// What would bring the files back that tools of the session changed after the record at `position`. `failure` when one
/// was changed by somebody else since, unless --force was said: then nothing is to be done at all.
Result<std::vector<agent::RestoreStep>> plan_files(const SessionCall& call, store::Snapshots& snapshots,
                                                   const store::SessionInfo& session, std::int64_t position);

/// Does it, but with --dry-run. One that fails costs no other.
std::vector<RestoredFile> restore_files(const SessionCall& call, store::Snapshots& snapshots,
                                        const store::SessionInfo& session, std::vector<agent::RestoreStep> steps);

Json files_json(const std::vector<RestoredFile>& files);

/// One line on stderr for each, unless -q.
void tell_files(const SessionCall& call, const std::vector<RestoredFile>& files);

}  // namespace errand::cli
