#pragma once

#include <string>

namespace errand::bench {

/// Prints the medians in ms of a sandboxed `bash -c true`, of one in bubblewrap alone and of one without, then the time
/// of a /bin/true in a sandboxed shell that stays, then the processor's time of the first three.
int sandbox(const std::string& workspace, int rounds);

}  // namespace errand::bench
