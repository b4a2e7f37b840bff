#pragma once

#include "base/error.hpp"
#include "base/json.hpp"
#include "tool/tool.hpp"

namespace errand::mcp {

/// The result of `tools/call` for a model: texts and images as they are, embedded texts with their address, links and
/// what no model takes as a line that says so, structured content where there is nothing else. Fails with `failure` for
/// what is no such result.
Result<tool::Output> output_of(const Json& result);

}  // namespace errand::mcp
