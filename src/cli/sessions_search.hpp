#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "cli/options.hpp"

namespace errand::cli {

/// Options that "errand sessions search" has for itself.
struct SearchOptions {
  std::optional<std::string> tool, file, role;
  std::optional<std::chrono::milliseconds> until;
};

void declare_search_options(Options& options, SearchOptions& out);

}  // namespace errand::cli
