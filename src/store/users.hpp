#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace errand::store {

/// The users that have a store in the data directory and whose directory is ours (root: anybody's), by name. A link is
/// nobody's store. `storage` when the directory is there and can't be read.
Result<std::vector<std::string>> readable_users(const std::string& data_directory);

/// What a user's directory holds, in bytes on disk, links not followed.
std::uint64_t bytes_of_user(const std::string& data_directory, const std::string& user);

}  // namespace errand::store
