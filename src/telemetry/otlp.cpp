#include "telemetry/otlp.hpp"

#include "base/json.hpp"
#include "base/overloaded.hpp"
#include "chat/codec.hpp"

namespace errand::telemetry {

namespace {

constexpr int status_error = 2;
constexpr int delta_temporality = 1;
constexpr int cumulative_temporality = 2;
constexpr std::string_view scope_name = "errand";

Json value_json(const Value& value) {
  return std::visit(overloaded{[](const std::string& text) {
                                 return Json{{"stringValue", text}};
                               },
                               [](std::int64_t number) {
                                 return Json{{"intValue", std::to_string(number)}};
                               },
                               [](double number) {
                                 return Json{{"doubleValue", number}};
                               },
                               [](bool yes) {
                                 return Json{{"boolValue", yes}};
                               },
                               [](const std::vector<std::string>& texts) {
                                 auto values = Json::array();
                                 for (const auto& text : texts) values.push_back({{"stringValue", text}});
                                 return Json{{"arrayValue", {{"values", std::move(values)}}}};
                               }},
                    value);
}

Json attributes_json(const Attributes& attributes) {
  auto out = Json::array();
  for (const auto& [key, value] : attributes) out.push_back({{"key", key}, {"value", value_json(value)}});
  return out;
}

std::string nanoseconds(Timestamp at) {
  return std::to_string(std::chrono::nanoseconds(at.time_since_epoch()).count());
}

Json event_json(const SpanEvent& event) {
  return {
      {"timeUnixNano", nanoseconds(event.at)}, {"name", event.name}, {"attributes", attributes_json(event.attributes)}};
}

Json span_json(const Span& span) {
  Json out = {{"traceId", span.trace_id}, {"spanId", span.span_id}};
  if (!span.state.empty()) out["traceState"] = span.state;
  if (!span.parent_id.empty()) out["parentSpanId"] = span.parent_id;
  out["name"] = span.name;
  out["kind"] = static_cast<int>(span.kind);
  out["startTimeUnixNano"] = nanoseconds(span.start);
  out["endTimeUnixNano"] = nanoseconds(span.end);
  out["attributes"] = attributes_json(span.attributes);
  if (!span.events.empty()) {
    auto events = Json::array();
    for (const auto& event : span.events) events.push_back(event_json(event));
    out["events"] = std::move(events);
  }
  out["status"] = Json::object();
  if (span.failed) out["status"]["code"] = status_error;
  if (!span.error.empty()) out["status"]["message"] = span.error;
  return out;
}

Json point_json(const Point& point, Timestamp since, Timestamp until) {
  auto counts = Json::array();
  for (const auto count : point.counts) counts.push_back(std::to_string(count));
  return {{"attributes", attributes_json(point.attributes)},
          {"startTimeUnixNano", nanoseconds(since)},
          {"timeUnixNano", nanoseconds(until)},
          {"count", std::to_string(point.count)},
          {"sum", point.sum},
          {"bucketCounts", std::move(counts)},
          {"explicitBounds", point.instrument->bounds},
          {"min", point.min},
          {"max", point.max}};
}

Json metric_json(const Instrument& instrument, Json points, Temporality temporality) {
  const int kind = temporality == Temporality::delta ? delta_temporality : cumulative_temporality;
  return {{"name", instrument.name},
          {"description", instrument.description},
          {"unit", instrument.unit},
          {"histogram", {{"dataPoints", std::move(points)}, {"aggregationTemporality", kind}}}};
}

}  // namespace

std::string traces_json(const Attributes& resource, const std::vector<Span>& spans) {
  auto listed = Json::array();
  for (const auto& span : spans) listed.push_back(span_json(span));
  Json scope = {{"scope", {{"name", scope_name}}}, {"spans", std::move(listed)}};
  Json all = {{"resource", {{"attributes", attributes_json(resource)}}},
              {"scopeSpans", Json::array({std::move(scope)})}};
  return chat::dump({{"resourceSpans", Json::array({std::move(all)})}});
}

std::string metrics_json(const Attributes& resource, const std::vector<Point>& points, Temporality temporality,
                         Timestamp since, Timestamp until) {
  auto metrics = Json::array();
  for (const auto* instrument : {&token_usage, &operation_duration, &time_to_first_chunk}) {
    auto listed = Json::array();
    for (const auto& point : points) {
      if (point.instrument == instrument) listed.push_back(point_json(point, since, until));
    }
    if (!listed.empty()) metrics.push_back(metric_json(*instrument, std::move(listed), temporality));
  }
  Json scope = {{"scope", {{"name", scope_name}}}, {"metrics", std::move(metrics)}};
  Json all = {{"resource", {{"attributes", attributes_json(resource)}}},
              {"scopeMetrics", Json::array({std::move(scope)})}};
  return chat::dump({{"resourceMetrics", Json::array({std::move(all)})}});
}

}  // namespace errand::telemetry
