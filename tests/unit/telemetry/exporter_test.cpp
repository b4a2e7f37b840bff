#include "telemetry/exporter.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "http/client.hpp"
#include "support/loopback_server.hpp"

namespace errand::telemetry {

namespace {

using Patience = Exporter::Patience;

Settings to(const std::string& url) {
  Settings out;
  out.traces = Endpoint{.url = url + "/v1/traces", .headers = {{"x-key", "k"}}};
  out.metrics = Endpoint{.url = url + "/v1/metrics", .headers = {}};
  out.resource = {{"service.name", std::string("errand")}};
  out.patience = std::chrono::minutes(1);
  return out;
}

Span span_named(const std::string& name) {
  return {.trace_id = "t",
          .span_id = "s",
          .parent_id = {},
          .state = {},
          .name = name,
          .attributes = {},
          .events = {},
          .error = {}};
}

Json spans_in(const test::ReceivedRequest& request) {
  return Json::parse(request.body).at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans");
}

// The network, and an exporter on it that ends first.
struct Bench {
  explicit Bench(Settings settings)
      : exporter(std::move(settings), [this]() -> http::Transport& { return client; }, {}) {}
  http::Client client;
  Exporter exporter;
};

}  // namespace

TEST_CASE("exporter: the end sends what is left, each signal to its place", "[telemetry][exporter]") {
  test::LoopbackServer server([](const test::ReceivedRequest&) { return test::text_reply(200, "{}"); });
  Bench bench(to(server.url()));
  bench.exporter.add(span_named("one"));
  bench.exporter.add(span_named("two"));
  bench.exporter.measure(token_usage, 3, {});
  bench.exporter.finish();
  bench.exporter.add(span_named("late"));
  CHECK_FALSE(bench.exporter.trouble());

  const auto requests = server.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].path == "/v1/traces");
  CHECK(requests[0].method == "POST");
  CHECK(requests[0].header("content-type") == "application/json");
  CHECK(requests[0].header("x-key") == "k");
  REQUIRE(spans_in(requests[0]).size() == 2);
  CHECK(spans_in(requests[0]).at(1).at("name") == "two");
  CHECK(requests[1].path == "/v1/metrics");
  CHECK_FALSE(requests[1].header("x-key"));
}

TEST_CASE("exporter: where nothing was to tell, nothing is sent", "[telemetry][exporter]") {
  test::LoopbackServer server;
  Bench bench(to(server.url()));
  bench.exporter.finish();
  CHECK(server.connections() == 0);
}

TEST_CASE("exporter: a span waits for others no longer than the delay", "[telemetry][exporter]") {
  test::LoopbackServer server([](const test::ReceivedRequest&) { return test::text_reply(200, "{}"); });
  auto settings = to(server.url());
  settings.span_delay = std::chrono::milliseconds(1);
  Bench bench(std::move(settings));
  bench.exporter.add(span_named("one"));
  CHECK(server.wait_for_requests(1));
}

TEST_CASE("exporter: a queue that nobody empties is bounded, and what is lost is counted", "[telemetry][exporter]") {
  test::Reply stalled;
  stalled.head_stall = true;
  test::LoopbackServer server([&](const test::ReceivedRequest&) { return stalled; });
  auto settings = to(server.url());
  settings.metrics.reset();
  http::Client client;
  Exporter exporter(
      std::move(settings), [&]() -> http::Transport& { return client; }, [] { return Patience::little; });
  for (std::size_t i = 0; i < Exporter::batch; ++i) exporter.add(span_named("first"));
  REQUIRE(server.wait_for_stalls(1));  // these are on their way
  for (std::size_t i = 0; i < Exporter::max_queued + 5; ++i) exporter.add(span_named("more"));
  exporter.finish();
  const auto trouble = exporter.trouble();
  REQUIRE(trouble);
  CHECK(*trouble == "traces can't be sent to " + server.url("/v1/traces") + ": it did not answer in time (" +
                        std::to_string(Exporter::batch + Exporter::max_queued + 5) + " spans lost)");
}

TEST_CASE("exporter: large spans go in requests of a few megabytes, and wait in a queue that bytes fill",
          "[telemetry][exporter]") {
  test::LoopbackServer server([](const test::ReceivedRequest&) { return test::text_reply(200, "{}"); });
  auto settings = to(server.url());
  settings.metrics.reset();
  settings.span_delay = std::chrono::hours(1);
  Bench bench(std::move(settings));
  auto large = span_named("large");
  large.attributes = {{"text", std::string(Exporter::batch_bytes / 2, 'x')}};
  for (int i = 0; i < 3; ++i) bench.exporter.add(large);  // what makes a request full does not wait for the hour
  REQUIRE(server.wait_for_requests(1));
  auto huge = span_named("huge");
  huge.attributes = {{"text", std::string(Exporter::max_queued_bytes + 1, 'x')}};
  bench.exporter.add(huge);
  bench.exporter.finish();
  CHECK(bench.exporter.trouble() == "1 span lost");
  const auto requests = server.requests();
  std::size_t spans = 0;
  for (const auto& request : requests) {
    CHECK(request.body.size() < Exporter::batch_bytes + (std::size_t{64} << 10U));
    spans += spans_in(request).size();
  }
  CHECK(spans == 3);
}

TEST_CASE("exporter: what a collector refuses is dropped, and its words are told once", "[telemetry][exporter]") {
  test::LoopbackServer server(
      [](const test::ReceivedRequest&) { return test::text_reply(400, "no such tenant\nmore"); });
  auto settings = to(server.url());
  settings.metrics.reset();
  Bench bench(std::move(settings));
  bench.exporter.add(span_named("one"));
  bench.exporter.finish();
  CHECK(bench.exporter.trouble() ==
        "traces can't be sent to " + server.url("/v1/traces") + ": HTTP 400: no such tenant (1 span lost)");
}

TEST_CASE("exporter: an answer that goes on and on is not read to its end, and its status counts",
          "[telemetry][exporter]") {
  const auto [status, trouble] = GENERATE(table<int, bool>({{200, false}, {400, true}}));
  test::LoopbackServer server([&status = status](const test::ReceivedRequest&) {
    auto reply = test::text_reply(status, std::string(std::size_t{1} << 20U, 'x'));
    reply.body.push_back({.bytes = "x", .delay = {}, .stall = true});
    return reply;
  });
  auto settings = to(server.url());
  settings.metrics.reset();
  Bench bench(std::move(settings));
  bench.exporter.add(span_named("one"));
  bench.exporter.finish();
  CHECK(bench.exporter.trouble().has_value() == trouble);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("exporter: what the body is, no header of the environment says", "[telemetry][exporter]") {
  test::LoopbackServer server([](const test::ReceivedRequest&) { return test::text_reply(200, "{}"); });
  auto settings = to(server.url());
  settings.metrics.reset();
  settings.traces->headers = {{"Content-Type", "text/plain"}, {"x-key", "k"}};
  Bench bench(std::move(settings));
  bench.exporter.add(span_named("one"));
  bench.exporter.finish();
  const auto requests = server.requests();
  REQUIRE(requests.size() == 1);
  const auto& headers = requests.front().headers;
  CHECK(std::ranges::count_if(headers, [](const auto& h) { return text::lower(h.first) == "content-type"; }) == 1);
  CHECK(requests.front().header("content-type") == "application/json");
}

TEST_CASE("exporter: spans that can't be taken for now are sent again, in their order", "[telemetry][exporter]") {
  test::LoopbackServer server;
  server.enqueue(test::text_reply(503, "later"));
  server.enqueue(test::no_reply());
  server.enqueue(test::text_reply(200, "{}"));
  auto settings = to(server.url());
  settings.metrics.reset();
  settings.span_delay = std::chrono::milliseconds(1);
  Bench bench(std::move(settings));
  bench.exporter.add(span_named("one"));
  REQUIRE(server.wait_for_requests(3));
  const auto requests = server.requests();
  for (const auto& request : requests) {
    REQUIRE(spans_in(request).size() == 1);
    CHECK(spans_in(request).at(0).at("name") == "one");
  }
}

TEST_CASE("exporter: sums go on, or begin anew with each export that is asked to be a delta", "[telemetry][exporter]") {
  const auto temporality = GENERATE(Temporality::cumulative, Temporality::delta);
  test::LoopbackServer server([](const test::ReceivedRequest&) { return test::text_reply(200, "{}"); });
  auto settings = to(server.url());
  settings.temporality = temporality;
  settings.metric_interval = std::chrono::milliseconds(1);
  Bench bench(std::move(settings));
  bench.exporter.measure(token_usage, 3, {});
  REQUIRE(server.wait_for_requests(1));
  bench.exporter.measure(token_usage, 4, {});
  REQUIRE(server.wait_for_requests(2));
  bench.exporter.finish();
  const auto requests = server.requests();
  const auto point = [&](std::size_t i) {
    return Json::parse(requests.at(i).body)
        .at("resourceMetrics")
        .at(0)
        .at("scopeMetrics")
        .at(0)
        .at("metrics")
        .at(0)
        .at("histogram")
        .at("dataPoints")
        .at(0);
  };
  CHECK(point(0).at("sum") == 3.0);
  CHECK(point(1).at("sum") == (temporality == Temporality::delta ? 4.0 : 7.0));
}

}  // namespace errand::telemetry
