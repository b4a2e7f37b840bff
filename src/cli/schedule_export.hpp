#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "cli/schedule_file.hpp"

namespace errand::cli {

/// How this program is to be started by others: with an environment that holds hardly anything.
struct Launch {
  std::string program;                   ///< absolute
  std::vector<std::string> arguments;    ///< global options
  std::vector<std::string> environment;  ///< NAME=value, without secrets
  std::vector<std::string>
      missing_there;  ///< names of variables that the configuration uses here and will not have there
};

/// A crontab that looks each minute what is due. `failure` for a word that none can hold, such as a path with a
/// newline.
Result<std::string> crontab_of(const Launch& launch);

/// A service and a timer of systemd for each entry. Fails as crontab_of(), and for an entry whose time or zone is none.
Result<std::string> units_of(const std::vector<ScheduleEntry>& entries, const Launch& launch);

}  // namespace errand::cli
