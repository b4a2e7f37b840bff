#include "telemetry/settings.hpp"

#include <map>

#include <catch2/catch.hpp>

namespace errand::telemetry {

namespace {

using Environment = std::map<std::string, std::string, std::less<>>;

Lookup lookup_in(const Environment& environment) {
  return [&environment](std::string_view name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  };
}

Settings read(const Environment& environment) {
  return read_settings(lookup_in(environment));
}

using Headers = std::vector<std::pair<std::string, std::string>>;

}  // namespace

TEST_CASE("telemetry: nothing is exported that nobody asked for", "[telemetry][settings]") {
  const auto environment =
      GENERATE(Environment{}, Environment{{"OTEL_SERVICE_NAME", "x"}},
               Environment{{"OTEL_EXPORTER_OTLP_HEADERS", "a=b"}}, Environment{{"OTEL_EXPORTER_OTLP_ENDPOINT", ""}},
               Environment{{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"}, {"OTEL_SDK_DISABLED", "TRUE"}},
               Environment{{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"},
                           {"OTEL_TRACES_EXPORTER", "none"},
                           {"OTEL_METRICS_EXPORTER", "none"}});
  CHECK_FALSE(read(environment).exports());
  CHECK(read(environment).notices.empty());
}

TEST_CASE("telemetry: each signal has its path below the endpoint for all, or an endpoint as it stands",
          "[telemetry][settings]") {
  const auto both = read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://c.example/otel/"}});
  REQUIRE(both.traces);
  REQUIRE(both.metrics);
  CHECK(both.traces->url == "https://c.example/otel/v1/traces");
  CHECK(both.metrics->url == "https://c.example/otel/v1/metrics");

  const auto own = read({{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c.example/in"}});
  REQUIRE(own.traces);
  CHECK(own.traces->url == "http://c.example/in");
  CHECK_FALSE(own.metrics);

  const auto named = read({{"OTEL_TRACES_EXPORTER", "otlp"}});
  REQUIRE(named.traces);
  CHECK(named.traces->url == "http://localhost:4318/v1/traces");
  CHECK_FALSE(named.metrics);
}

TEST_CASE("telemetry: headers are percent-decoded, a signal's own replace the others", "[telemetry][settings]") {
  const Environment environment = {{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"},
                                   {"OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b%2Cc, x = y,100=%"},
                                   {"OTEL_EXPORTER_OTLP_METRICS_HEADERS", "only=this,X-Scope-OrgID=production"}};
  const auto settings = read(environment);
  REQUIRE(settings.traces);
  CHECK(settings.traces->headers == Headers{{"api-key", "a b,c"}, {"x", "y"}, {"100", "%"}});
  REQUIRE(settings.metrics);
  CHECK(settings.metrics->headers == Headers{{"only", "this"}, {"X-Scope-OrgID", "production"}});
  CHECK(settings.notices.empty());
  CHECK(secrets_of(lookup_in(environment)) == std::vector<std::string>{"a b,c", "y", "%", "this"});
}

TEST_CASE("telemetry: the end waits two seconds, or as long as is said", "[telemetry][settings]") {
  Environment environment = {{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"}};
  CHECK(read(environment).patience == std::chrono::seconds(2));
  environment["OTEL_BSP_EXPORT_TIMEOUT"] = "60000";
  CHECK(read(environment).patience == std::chrono::minutes(1));
  environment["OTEL_BSP_EXPORT_TIMEOUT"] = "soon";
  CHECK(read(environment).patience == std::chrono::seconds(2));
  CHECK(read(environment).notices.size() == 1);
}

TEST_CASE("telemetry: a header that can't be sent is told of without its text", "[telemetry][settings]") {
  const auto settings = read({{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c"},
                              {"OTEL_EXPORTER_OTLP_HEADERS", "sk-secret,key=a%0D%0Ab,bad name=x,good=1"}});
  REQUIRE(settings.traces);
  CHECK(settings.traces->headers == Headers{{"good", "1"}});
  CHECK(settings.notices ==
        std::vector<std::string>{"3 headers of OTEL_EXPORTER_OTLP_HEADERS can't be sent; it is written "
                                 "key=value,key=value, with values percent-encoded"});
}

TEST_CASE("telemetry: the resource has its attributes, and the service's name in any case", "[telemetry][settings]") {
  const auto resource = [](Environment environment) {
    environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://c";
    return read(environment).resource;
  };
  CHECK(resource({}) == Attributes{{"service.name", std::string("errand")}});
  CHECK(resource({{"OTEL_RESOURCE_ATTRIBUTES", "a=1,service.name=mine,b=%C3%A4"}}) ==
        Attributes{{"a", std::string("1")}, {"service.name", std::string("mine")}, {"b", std::string("ä")}});
  CHECK(resource({{"OTEL_RESOURCE_ATTRIBUTES", "service.name=mine"}, {"OTEL_SERVICE_NAME", "nearer"}}) ==
        Attributes{{"service.name", std::string("nearer")}});
  CHECK(resource({{"OTEL_RESOURCE_ATTRIBUTES", "a=1,broken"}}) == Attributes{{"service.name", std::string("errand")}});
}

TEST_CASE("telemetry: what can't be followed is told of once", "[telemetry][settings]") {
  const auto settings = read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"},
                              {"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"},
                              {"OTEL_EXPORTER_OTLP_TIMEOUT", "soon"},
                              {"OTEL_METRICS_EXPORTER", "console"},
                              {"OTEL_TRACES_SAMPLER", "jaeger_remote"}});
  CHECK(settings.traces);
  CHECK_FALSE(settings.metrics);
  CHECK(settings.sampler == Sampler{});
  CHECK(settings.notices ==
        std::vector<std::string>{
            "OTEL_EXPORTER_OTLP_TIMEOUT=soon is no number of milliseconds: 10000 counts",
            "OTEL_METRICS_EXPORTER=console is no exporter of this program: nothing is exported for it; it has otlp and "
            "none",
            "OTEL_EXPORTER_OTLP_PROTOCOL=grpc is not spoken here: http/json is sent instead",
            "OTEL_TRACES_SAMPLER=jaeger_remote is unknown here: parentbased_always_on counts"});
  CHECK_FALSE(read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "c:4317"}}).exports());
}

TEST_CASE("telemetry: a trace is kept as its parent says, else by its share", "[telemetry][settings]") {
  const auto sampler = [](const char* name, const char* share) {
    return read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"},
                 {"OTEL_TRACES_SAMPLER", name},
                 {"OTEL_TRACES_SAMPLER_ARG", share}})
        .sampler;
  };
  const std::string low = "ffffffffffffffffff00000000000001";
  const std::string high = "000000000000000001ffffffffffffff";
  const TraceParent dropped{.trace_id = low, .span_id = "b7ad6b7169203331", .sampled = false};

  const auto half = sampler("parentbased_traceidratio", "0.5");
  CHECK(half.keeps(low, std::nullopt));
  CHECK_FALSE(half.keeps(high, std::nullopt));
  CHECK_FALSE(half.keeps(low, dropped));
  CHECK(sampler("traceidratio", "0.5").keeps(low, dropped));
  CHECK_FALSE(sampler("traceidratio", "0").keeps(low, std::nullopt));
  CHECK(sampler("traceidratio", "1").keeps(high, std::nullopt));
  CHECK_FALSE(sampler("always_off", "").keeps(low, std::nullopt));
  CHECK_FALSE(Sampler{}.keeps(low, dropped));
  CHECK(Sampler{}.keeps(low, std::nullopt));
}

TEST_CASE("telemetry: content is exported where that is said, and not by what nobody knows", "[telemetry][settings]") {
  const auto content = [](const char* value) {
    return read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"},
                 {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", value}})
        .content;
  };
  CHECK(content("true") == Content::captured);
  CHECK(content("SPAN_ONLY") == Content::captured);
  CHECK(content("") == Content::left_out);
  CHECK(content("false") == Content::left_out);
  CHECK(content("yes") == Content::left_out);
}

}  // namespace errand::telemetry
