#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "telemetry/attribute.hpp"
#include "telemetry/trace_parent.hpp"

namespace errand::telemetry {

/// Where one signal goes.
struct Endpoint {
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;  ///< values are secrets
  std::chrono::milliseconds timeout{10'000};                 ///< of one request
  bool operator==(const Endpoint&) const = default;
};

/// Which traces are kept.
struct Sampler {
  enum class Root { on, off, ratio };
  Root root = Root::on;  ///< of a trace that begins here
  double ratio = 1;
  bool by_parent = true;  ///< a trace that began elsewhere is kept as it was decided there

  [[nodiscard]] bool keeps(const std::string& trace_id, const std::optional<TraceParent>& outer) const;
  bool operator==(const Sampler&) const = default;
};

enum class Content { left_out, captured };
enum class Temporality { cumulative, delta };

/// What the OTEL_* variables of the environment ask for.
struct Settings {
  std::optional<Endpoint> traces;   ///< absent: they are not exported
  std::optional<Endpoint> metrics;  ///< likewise
  Attributes resource;              ///< OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME; service.name is always there
  Sampler sampler;
  Content content = Content::left_out;  ///< prompts, answers, arguments and results
  Temporality temporality = Temporality::cumulative;
  std::chrono::milliseconds span_delay{5'000};  ///< how long a span waits for others, at most
  std::chrono::milliseconds metric_interval{60'000};
  std::chrono::milliseconds patience{2'000};  ///< with what is left at the end
  std::vector<std::string> notices;  ///< one sentence for each value that could not be followed, without secrets

  [[nodiscard]] bool exports() const { return traces || metrics; }
};

/// The value of an environment variable; nullopt: not set.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

/// Follows the OpenTelemetry specification ("Environment Variable Specification", "OTLP Exporter") with these choices:
/// nothing is exported unless an endpoint, or the exporter `otlp`, is named; http/json is the one protocol; what can't
/// be read counts as not set, with a notice.
Settings read_settings(const Lookup& lookup);

/// The values of the headers that requests will carry, whole: what must be seen nowhere. Without those of headers that
/// are known to name something, as a tenant.
std::vector<std::string> secrets_of(const Lookup& lookup);

}  // namespace errand::telemetry
