#pragma once

#include <string>

#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/run_options.hpp"
#include "config/configuration.hpp"
#include "config/load.hpp"

namespace errand::cli {

/// -C DIR: before anything is looked up.
Result<void> enter_directory(const RunArguments& arguments);

/// Where this process looks for its configuration.
Result<config::Sources> configuration_sources(const Invocation& invocation);

/// Where a process would look that cron starts for this user: with cron's bare environment, in the home directory.
Result<config::Sources> cron_sources(const Invocation& invocation);

/// The configuration of this process; all its mistakes as one Error. Its warnings go to stderr.
Result<config::Configuration> load_configuration(const Invocation& invocation,
                                                 config::Scope scope = config::Scope::all);

/// The same without telling its warnings.
Result<config::Configuration> load_quietly(const Invocation& invocation, config::Scope scope = config::Scope::all);

/// The same of what `sources` say.
Result<config::Configuration> load_from(const config::Sources& sources, config::Scope scope = config::Scope::all);

void tell_warnings(const Globals& globals, const config::Configuration& config);

/// Data directory, user and workspace, as the command line and the configuration say.
struct Place {
  std::string data_directory;
  std::string user;
  std::string workspace;
};
Result<Place> place_of(const Invocation& invocation, const config::Configuration& config);

}  // namespace errand::cli
