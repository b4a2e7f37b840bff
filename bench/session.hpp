#pragma once

#include <string>

namespace errand::bench {

/// Keeps a session of `messages` messages (prompts and answers in turn) in a store of `user` in `data`, of the project
/// at `project`; prints its id.
int long_session(const std::string& data, const std::string& user, const std::string& project, int messages);

/// Prints the median and the 99th percentile in ms of an append that survives a power loss, and the disk's own of a
/// write of 4 KiB with fsync, in turns.
int appends(const std::string& data, int rounds);

}  // namespace errand::bench
