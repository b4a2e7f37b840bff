#pragma once

#include <string_view>

#include "base/json_fwd.hpp"
#include "support/e2e_check.hpp"

namespace errand::test::e2e {

/// Holds the lines of `--output-format stream-json` against what events.md says of every stream: compact JSON a line,
/// `ready` first with seq 0, seq gapless within a run, every common field, `message_id` where it belongs, an `error`
/// before a failed `done`, exactly one `done` a run, last.
Failures mistakes_in_events(std::string_view out);

/// Holds the lines against a list of expected events, in order, others may stand between: a type, or a map of fields.
Failures check_events(const Json& expected, std::string_view out);

}  // namespace errand::test::e2e
