#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "chat/event.hpp"
#include "cli/command.hpp"
#include "cli/run_options.hpp"
#include "config/configuration.hpp"

namespace errand::cli {

/// Where a run is, before anything of it is opened.
struct Start {
  config::Configuration config;
  std::string project;  ///< whose newest session -c and "latest" mean: that of where the user stands
};

/// The configuration of a run: of where the user stands or, for a session that goes on (-c, -r), of the directory it
/// works in, with that project's definitions and trust; -C decides otherwise. Sessions stay where the user's are kept.
/// What the command line names starts where the user stands all the same.
///
/// Both that it is elsewhere and that it is no longer there are told by `warnings`. A session that can't be found is
/// the business of whoever opens it.
Result<Start> start_of(const Invocation& invocation, const RunArguments& arguments,
                       std::vector<chat::event::Warning>& warnings);

}  // namespace errand::cli
