#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace errand::cli {

/// What the program is, its verbs and its global options.
std::string overview();

/// The help of one command or topic; an unknown one is `usage` with the nearest. A file format is found by the name of
/// its man page, and without "errand-" where no command is called so.
Result<std::string> help_on(const std::string& name);

/// What concerns no single command.
struct HelpTopic {
  std::string_view name;
  std::string_view summary;
  std::string (*text)();
};
std::span<const HelpTopic> help_topics();

/// File formats, one for each man page of section 5, with all keys.
std::string agents_format();
std::string config_format();
std::string events_format();
std::string script_format();
std::string test_format();

}  // namespace errand::cli
