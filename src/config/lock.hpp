#pragma once

#include <string>

#include "base/error.hpp"
#include "base/fd.hpp"

// Internal to this room.
namespace errand::config {

/// Makes `directory` (0700) where it is missing and holds it until the Fd dies: two programs that change a file in it
/// do not lose each other's change.
Result<Fd> lock_directory(const std::string& directory);

}  // namespace errand::config
