#pragma once

#include <vector>

#include "base/secrets.hpp"
#include "config/configuration.hpp"

namespace errand::cli {

/// The secrets the configuration knows: keys of providers, what their headers and those of MCP servers say, and
/// variables of the environment and of .env files that are named like one. Keys that a file or a command gives are
/// known when they are asked for.
std::vector<secrets::Secret> known_secrets(const config::Configuration& config);

}  // namespace errand::cli
