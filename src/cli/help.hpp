#pragma once

#include <string>

#include "base/error.hpp"

namespace errand::cli {

/// What the program is, its verbs and its global options.
std::string overview();

/// The help of one command; an unknown one is `usage` with the nearest.
Result<std::string> help_on(const std::string& command);

}  // namespace errand::cli
