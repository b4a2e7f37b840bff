#include "cli/tracing.hpp"

#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/unicode.hpp"
#include "cli/output.hpp"
#include "config/lookup.hpp"

namespace errand::cli {

namespace {

std::optional<telemetry::TraceParent> outer_trace(const telemetry::Lookup& lookup) {
  const auto written = lookup("TRACEPARENT");
  if (!written || written->empty()) return std::nullopt;
  auto parsed = telemetry::parse_trace_parent(*written, lookup("TRACESTATE").value_or(""));
  if (parsed) return *std::move(parsed);
  log::warn("telemetry: TRACEPARENT is not heeded: {} ({})", parsed.error().message, parsed.error().hint);
  return std::nullopt;
}

std::function<std::string(const std::string&)> base_urls(const config::Configuration& config) {
  std::map<std::string, std::string> urls;
  for (const auto& provider : config::providers(config)) urls[provider.name] = provider.base_url;
  return [urls = std::move(urls)](const std::string& provider) {
    const auto found = urls.find(provider);
    return found == urls.end() ? std::string() : found->second;
  };
}

}  // namespace

telemetry::Lookup environment_of(const config::Configuration& config) {
  return [&env = config.sources.env](std::string_view name) -> std::optional<std::string> {
    const auto found = env.find(name);
    return found == env.end() ? std::nullopt : std::optional(found->second);
  };
}

Tracing::Tracing(const config::Configuration& config, Reach reach, std::function<http::Transport&()> network,
                 const Invocation& invocation)
    : globals_(invocation.globals) {
  const auto lookup = environment_of(config);
  outer_ = outer_trace(lookup);
  if (reach == Reach::nobody) return;
  auto settings = telemetry::read_settings(lookup);
  notices_ = std::move(settings.notices);
  if (settings.exports()) begin(config, std::move(settings), std::move(network), invocation.signals);
}

void Tracing::begin(const config::Configuration& config, telemetry::Settings settings,
                    std::function<http::Transport&()> network, Signals& signals) {
  using Patience = telemetry::Exporter::Patience;
  const auto sampler = settings.sampler;
  const auto content = settings.content;
  exports_spans_ = settings.traces.has_value();
  exporter_ = std::make_unique<telemetry::Exporter>(std::move(settings), std::move(network), [&signals] {
    return signals.cancelled() ? Patience::little : Patience::normal;
  });
  tracer_.emplace(outer_, sampler,
                  telemetry::TraceOutput{
                      .on_span = [this](telemetry::Span span) { exporter_->add(std::move(span)); },
                      .measure = [this](const auto& instrument, double value,
                                        const auto& attributes) { exporter_->measure(instrument, value, attributes); },
                      .content = content,
                      .base_url = base_urls(config)});
}

Tracing::~Tracing() {
  if (!exporter_) return;
  exporter_->finish();
  const auto trouble = exporter_->trouble();
  if (trouble && globals_.verbose > 0) print_note(globals_, unicode::sanitize(fmt::format("telemetry: {}", *trouble)));
}

agent::SpanVariables Tracing::span_variables() const {
  if (exports_spans_) {
    return [&tracer = *tracer_](const std::string& session, const std::string& call) {
      return tracer.variables(session, call);
    };
  }
  if (!outer_) return {};
  return [variables = telemetry::variables_of(*outer_)](const std::string&, const std::string&) { return variables; };
}

}  // namespace errand::cli
