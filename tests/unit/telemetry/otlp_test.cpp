#include "telemetry/otlp.hpp"

#include <catch2/catch.hpp>

#include "base/json.hpp"

namespace errand::telemetry {

namespace {

Timestamp at_ms(std::int64_t ms) {
  return Timestamp(std::chrono::milliseconds(ms));
}

}  // namespace

TEST_CASE("otlp: a span in the exact bytes of its JSON", "[telemetry][otlp]") {
  const Span span{.trace_id = "0af7651916cd43dd8448eb211c80319c",
                  .span_id = "b7ad6b7169203331",
                  .parent_id = "00f067aa0ba902b7",
                  .state = "v=1",
                  .name = "chat m",
                  .kind = Span::Kind::client,
                  .start = at_ms(1'700'000'000'123),
                  .end = at_ms(1'700'000'001'000),
                  .attributes = {{"text", std::string("a\"b\xff")},
                                 {"number", std::int64_t{9'007'199'254'740'993}},
                                 {"share", 0.5},
                                 {"yes", true},
                                 {"list", std::vector<std::string>{"a", "b"}}},
                  .events = {{.name = "retry", .at = at_ms(1'700'000'000'500), .attributes = {}}},
                  .failed = true,
                  .error = "refused"};
  CHECK(
      traces_json({{"service.name", std::string("errand")}}, {span}) ==
      R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"errand"}}]},)"
      R"("scopeSpans":[{"scope":{"name":"errand"},"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c",)"
      R"("spanId":"b7ad6b7169203331","traceState":"v=1","parentSpanId":"00f067aa0ba902b7","name":"chat m","kind":3,)"
      R"("startTimeUnixNano":"1700000000123000000","endTimeUnixNano":"1700000001000000000","attributes":[)"
      R"({"key":"text","value":{"stringValue":"a\"b)"
      "\xEF\xBF\xBD"
      R"("}},{"key":"number","value":{"intValue":"9007199254740993"}},{"key":"share","value":{"doubleValue":0.5}},)"
      R"({"key":"yes","value":{"boolValue":true}},{"key":"list","value":{"arrayValue":{"values":[)"
      R"({"stringValue":"a"},{"stringValue":"b"}]}}}],"events":[{"timeUnixNano":"1700000000500000000","name":"retry",)"
      R"("attributes":[]}],"status":{"code":2,"message":"refused"}}]}]}]})");
}

TEST_CASE("otlp: a root span that went well has neither parent nor status", "[telemetry][otlp]") {
  const Span span{.trace_id = "t",
                  .span_id = "s",
                  .parent_id = {},
                  .state = {},
                  .name = "n",
                  .attributes = {},
                  .events = {},
                  .error = {}};
  const auto json = Json::parse(traces_json({}, {span})).at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans");
  REQUIRE(json.size() == 1);
  CHECK_FALSE(json.at(0).contains("parentSpanId"));
  CHECK_FALSE(json.at(0).contains("traceState"));
  CHECK(json.at(0).at("status") == Json::object());
  CHECK(json.at(0).at("kind") == 1);
}

TEST_CASE("otlp: a histogram counts each value in the bucket that ends at or above it", "[telemetry][otlp]") {
  Metrics metrics;
  const Attributes input{{"gen_ai.token.type", std::string("input")}};
  for (const double value : {1.0, 2.0, 4.0, 1e9}) metrics.measure(token_usage, value, input);
  metrics.measure(operation_duration, 0.015, {});
  const auto json = Json::parse(metrics_json({}, metrics.points(), Temporality::cumulative, at_ms(1), at_ms(2)))
                        .at("resourceMetrics")
                        .at(0)
                        .at("scopeMetrics")
                        .at(0)
                        .at("metrics");
  REQUIRE(json.size() == 2);
  CHECK(json.at(0).at("name") == "gen_ai.client.token.usage");
  CHECK(json.at(0).at("unit") == "{token}");
  const auto& histogram = json.at(0).at("histogram");
  CHECK(histogram.at("aggregationTemporality") == 2);
  const auto& point = histogram.at("dataPoints").at(0);
  CHECK(point.at("count") == "4");
  CHECK(point.at("sum") == 1'000'000'007.0);
  CHECK(point.at("min") == 1.0);
  CHECK(point.at("max") == 1e9);
  CHECK(point.at("explicitBounds").size() == 14);
  CHECK(point.at("bucketCounts") == Json({"1", "2", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "1"}));
  CHECK(point.at("startTimeUnixNano") == "1000000");
  CHECK(point.at("timeUnixNano") == "2000000");
  CHECK(json.at(1).at("name") == "gen_ai.client.operation.duration");
  CHECK(json.at(1).at("histogram").at("dataPoints").at(0).at("bucketCounts").at(1) == "1");
}

TEST_CASE("metrics: they are bounded, and what is taken is measured anew", "[telemetry][metrics]") {
  Metrics metrics;
  for (std::size_t i = 0; i < Metrics::max_points + 10; ++i) {
    metrics.measure(token_usage, 1, {{"n", static_cast<std::int64_t>(i)}});
  }
  const auto points = metrics.take();
  REQUIRE(points.size() == Metrics::max_points + 1);
  CHECK(points.back().attributes.empty());
  CHECK(points.back().count == 10);
  CHECK(metrics.points().empty());
}

}  // namespace errand::telemetry
