#pragma once

#include <string>
#include <vector>

#include "base/time.hpp"
#include "telemetry/attribute.hpp"

namespace errand::telemetry {

/// Something that happened within a span.
struct SpanEvent {
  std::string name;
  Timestamp at{};
  Attributes attributes;
  bool operator==(const SpanEvent&) const = default;
};

/// A piece of work with a beginning and an end, as OpenTelemetry has it. Ids are lower-case hexadecimal.
struct Span {
  enum class Kind { internal = 1, client = 3 };  ///< numbered as in OTLP

  std::string trace_id;   ///< 16 bytes
  std::string span_id;    ///< 8 bytes
  std::string parent_id;  ///< empty: it has no parent
  std::string state;      ///< the trace's `tracestate`, as it came
  std::string name;
  Kind kind = Kind::internal;
  Timestamp start{};
  Timestamp end{};
  Attributes attributes;
  std::vector<SpanEvent> events;
  bool failed = false;
  std::string error;  ///< what people read of the failure
  bool operator==(const Span&) const = default;
};

}  // namespace errand::telemetry
