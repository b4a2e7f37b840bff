#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "store/snapshots.hpp"
#include "tool/tool.hpp"

namespace errand::agent {

/// A snapshot that was taken, and the file it is of.
struct KeptFile {
  std::int64_t snapshot = 0;
  sandbox::Resolved file;
};

/// Keeps what the files hold that a call is about to change, with the root's session. What can't be opened as a regular
/// file is the tool's own to refuse, and is passed over. Fails with `storage`: then the call must not run.
Result<std::vector<KeptFile>> keep_before(const tool::Context& context, store::Snapshots& snapshots,
                                          const std::string& session, const std::vector<sandbox::Resolved>& files);

/// Notes what they hold now.
Result<void> note_after(const tool::Context& context, store::Snapshots& snapshots, const std::vector<KeptFile>& kept);

}  // namespace errand::agent
