#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace errand::store {

/// The name of a file system on which SQLite's locks and shared memory do not hold between machines, by the type that
/// statfs(2) gives; for FUSE also by what is mounted (`fuse.sshfs`, the third field from the end of a line of
/// /proc/self/mountinfo). Empty: they hold, as far as is known. See https://www.sqlite.org/wal.html ("all processes
/// using a database must be on the same host computer") and https://www.sqlite.org/howtocorrupt.html section 2.1.
std::string_view network_filesystem(std::uint64_t statfs_type, std::string_view mounted_type);

/// The type, as mountinfo has it, of what is mounted at the longest of its mount points that holds `path`.
std::string mounted_type_of(std::string_view mountinfo, std::string_view path);

/// `storage` when the directory lies on a network file system: two machines would write over each other.
Result<void> check_filesystem(const std::string& directory);

}  // namespace errand::store
