#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sandbox/sandbox.hpp"

namespace errand::sandbox {

/// As open_bubblewrap(), with the first of `paths` that is a program instead of the system's. For tests: the program
/// decides what confines commands.
std::unique_ptr<Sandbox> open_bubblewrap_at(std::vector<std::string> paths);

}  // namespace errand::sandbox
