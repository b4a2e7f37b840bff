#pragma once

#include <string>
#include <vector>

#include "base/time.hpp"
#include "telemetry/metrics.hpp"
#include "telemetry/settings.hpp"
#include "telemetry/span.hpp"

namespace errand::telemetry {

// OTLP 1.x as JSON (opentelemetry-proto, "JSON Protobuf Encoding"): ids in hexadecimal, 64-bit integers as strings,
// enums as numbers. Bytes that are no UTF-8 become U+FFFD.

/// An ExportTraceServiceRequest.
std::string traces_json(const Attributes& resource, const std::vector<Span>& spans);

/// An ExportMetricsServiceRequest of what was measured from `since` to `until`.
std::string metrics_json(const Attributes& resource, const std::vector<Point>& points, Temporality temporality,
                         Timestamp since, Timestamp until);

}  // namespace errand::telemetry
