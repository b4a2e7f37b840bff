#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace errand::cli {

/// What the program is, its verbs and its global options.
std::string overview();

/// The help of one command or topic; an unknown one is `usage` with the nearest.
Result<std::string> help_on(const std::string& name);

/// What concerns no single command.
struct HelpTopic {
  std::string_view name;
  std::string_view summary;
  std::string (*text)();
};
std::span<const HelpTopic> help_topics();

}  // namespace errand::cli
