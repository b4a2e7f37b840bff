#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/services.hpp"
#include "chat/event.hpp"
#include "cli/command.hpp"
#include "config/configuration.hpp"
#include "http/transport.hpp"
#include "telemetry/exporter.hpp"
#include "telemetry/settings.hpp"
#include "telemetry/tracer.hpp"

namespace errand::cli {

/// The environment of this configuration, for the telemetry room: what was set in fact, no .env file's.
telemetry::Lookup environment_of(const config::Configuration& config);

/// The trace that runs belong to and what is exported of them, as TRACEPARENT and the OTEL_* variables ask for.
class Tracing {
 public:
  /// Whether anything may be sent.
  enum class Reach { collector, nobody };

  /// `config`, `globals` and `signals` are borrowed; `network` is asked for by the first thing that is sent.
  Tracing(const config::Configuration& config, Reach reach, std::function<http::Transport&()> network,
          const Invocation& invocation);
  Tracing(const Tracing&) = delete;
  Tracing& operator=(const Tracing&) = delete;
  /// Sends what is left; what went wrong is said with -v.
  ~Tracing();

  /// What must hear of every run; null: nothing is exported.
  [[nodiscard]] chat::EventSink* observer() { return tracer_ ? &*tracer_ : nullptr; }
  [[nodiscard]] agent::SpanVariables span_variables() const;
  /// What of the environment could not be followed.
  [[nodiscard]] const std::vector<std::string>& notices() const { return notices_; }

 private:
  void begin(const config::Configuration& config, telemetry::Settings settings,
             std::function<http::Transport&()> network, Signals& signals);

  const Globals& globals_;
  std::vector<std::string> notices_;
  std::optional<telemetry::TraceParent> outer_;
  std::unique_ptr<telemetry::Exporter> exporter_;
  std::optional<telemetry::Tracer> tracer_;  // after what it writes to
  bool exports_spans_ = false;               // not metrics alone: nobody would find the spans that commands hear of
};

}  // namespace errand::cli
