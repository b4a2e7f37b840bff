#pragma once

#include <string>

#include "base/error.hpp"

namespace errand::sandbox {

/// Whether set-group-id bits can be set. Repositories and directories that are shared have them; a file of root's with
/// one is a way to root's group. A filter can't tell files from directories.
enum class SetGroupId { refused, allowed };

/// The system call filter every command runs under, as the kernel takes it: an array of `struct sock_filter`
/// (seccomp(2)). A list of what is refused: kernel interfaces that escape namespaces or have a record of holes, set-id
/// files, pushing input into a terminal, sockets of unusual families. Programs of another architecture are killed.
/// Some milliseconds the first time, free later. Thread-safe. Fails with `denied`.
Result<std::string> system_call_filter(SetGroupId set_group_id);

}  // namespace errand::sandbox
