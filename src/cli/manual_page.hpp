#pragma once

#include <string>

#include "base/error.hpp"
#include "cli/command.hpp"

namespace errand::cli {

/// The man page of a command, errand-<command>(1), as mdoc(7), from the tables that help and parsing use. What it says
/// of the command's work beyond one line stands in errand(1).
std::string manual_page(const CommandEntry& entry);

}  // namespace errand::cli
