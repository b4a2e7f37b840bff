#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "base/json_fwd.hpp"
#include "cli/command.hpp"
#include "config/configuration.hpp"

namespace errand::cli {

/// What a look at one thing showed.
struct Check {
  enum class Status { ok, warning, failure };
  std::string what;  ///< "configuration", "provider openai", "sandbox"
  Status status = Status::ok;
  std::string message;
  std::string hint{};  ///< what to do
};

/// How closely to look.
struct CheckupOptions {
  bool offline = false;  ///< ask no server
  bool as_cron = false;  ///< with the environment and the directory cron gives
};

/// Everything a run needs, looked at in the order in which it needs it. Changes nothing. Servers are asked for their
/// lists of models, which costs nothing; key commands are run. Fails with `cancelled` only.
Result<std::vector<Check>> check_up(const Invocation& invocation, const CheckupOptions& options, const Call& call);

std::string_view name_of(Check::Status status);  ///< "ok", "warning", "failure"

}  // namespace errand::cli
