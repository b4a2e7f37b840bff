#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace errand::telemetry {

/// The span that a piece of work belongs to, as W3C Trace Context hands it on.
struct TraceParent {
  std::string trace_id;  ///< 32 lower-case hexadecimal digits
  std::string span_id;   ///< 16 of them
  bool sampled = true;   ///< whether whoever began the trace keeps it
  std::string state{};   ///< `tracestate`, as it came; may be empty
  bool operator==(const TraceParent&) const = default;
};

/// Reads a `traceparent` (W3C Trace Context, section 3.2: a later version than ours counts by what it has in common)
/// and the `tracestate` beside it, which is dropped when it is none. Fails with `failure`.
Result<TraceParent> parse_trace_parent(std::string_view traceparent, std::string_view tracestate);

/// "00-TRACE-SPAN-01"
std::string to_string(const TraceParent& parent);

using Variables = std::vector<std::pair<std::string, std::string>>;

/// What a command is told of it: TRACEPARENT, and TRACESTATE where there is one.
Variables variables_of(const TraceParent& parent);

}  // namespace errand::telemetry
