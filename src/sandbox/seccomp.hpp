#pragma once

#include <string>

#include "base/error.hpp"

namespace errand::sandbox {

/// The system call filter every command runs under, as the kernel takes it: an array of `struct sock_filter`
/// (seccomp(2)). A list of what is refused: kernel interfaces that escape namespaces or have a record of holes, set-id
/// files, pushing input into a terminal, sockets of unusual families. Programs of another architecture are killed.
/// Some milliseconds the first time, free later. Thread-safe. Fails with `denied`.
Result<std::string> system_call_filter();

}  // namespace errand::sandbox
