#pragma once

#include <cstddef>
#include <string>

#include "base/process.hpp"

namespace errand::tool {

/// How a command ended, for the model: "[exit code 2]", "[timed out after 3 s: …]". Empty when there is nothing to say:
/// it ended well, or a sandbox's note says it.
std::string describe_end(const Finished& finished, std::size_t max_output_bytes);

}  // namespace errand::tool
