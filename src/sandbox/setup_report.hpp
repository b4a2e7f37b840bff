#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace errand::sandbox {

/// What bubblewrap wrote to its `--json-status-fd`: one JSON object a line.
struct SetupReport {
  std::optional<pid_t> init;     ///< the sandbox's process 1, by our numbers: there from when namespaces were made
  std::optional<int> exit_code;  ///< of the command: there only when it really ran
  bool operator==(const SetupReport&) const = default;
};

SetupReport parse_setup_report(std::string_view text);

/// Why bubblewrap could not set a sandbox up, for a person: what `output` (its own messages) means and what to do.
/// `output` alone, on one line, when it is none of the known ones.
struct SetupFailure {
  std::string why;
  std::string hint;
};
SetupFailure explain_setup_failure(std::string_view output);

}  // namespace errand::sandbox
