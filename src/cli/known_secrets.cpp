#include "cli/known_secrets.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/tracing.hpp"
#include "config/lookup.hpp"
#include "http/redactor.hpp"
#include "mcp/placeholders.hpp"

namespace errand::cli {

namespace {

// Headers that say who asks or what for, not by what right.
constexpr std::array<std::string_view, 7> plain_headers = {
    "accept", "anthropic-beta", "anthropic-version", "content-type", "http-referer", "user-agent", "x-title"};

void add_header(const std::string& name, const std::string& value, std::vector<secrets::Secret>& out) {
  if (std::ranges::find(plain_headers, text::lower(name)) != plain_headers.end()) return;
  for (auto& word : http::secret_words(value)) out.push_back({std::move(word), name, secrets::Source::variable});
}

// What an MCP server is told, as far as it can be filled in; what can't be is told to nobody.
void add_servers(const chat::AgentDefinition& agent, const mcp::Variables& variables,
                 std::vector<secrets::Secret>& out) {
  for (const auto& written : agent.mcp_servers) {
    const auto server = mcp::filled_in(written, variables);
    if (!server) continue;
    for (const auto& [name, value] : server->headers) add_header(name, value, out);
    for (const auto& [name, value] : server->env) {
      if (secrets::is_secret_name(name)) out.push_back({value, name, secrets::Source::variable});
    }
  }
}

}  // namespace

std::vector<secrets::Secret> known_secrets(const config::Configuration& config) {
  std::vector<secrets::Secret> out;
  for (const auto& provider : config::providers(config)) {
    out.push_back({provider.key, fmt::format("key of {}", provider.name)});
    for (const auto& [name, value] : provider.headers) add_header(name, value, out);
  }
  const auto add_variable = [&](const std::string& name, const std::string& value) {
    if (secrets::is_secret_name(name)) out.push_back({value, name, secrets::Source::variable});
  };
  for (const auto& [name, value] : config.sources.env) add_variable(name, value);
  for (const auto& value : telemetry::secrets_of(environment_of(config))) {
    for (auto& word : http::secret_words(value)) {
      out.push_back({std::move(word), "OTEL_EXPORTER_OTLP_HEADERS", secrets::Source::variable});
    }
  }
  const mcp::Variables variables(config.sources.env.begin(), config.sources.env.end());
  for (const auto* entries : {&config.agents, &config.subagents}) {
    for (const auto& entry : *entries) add_servers(entry.definition, variables, out);
  }
  for (const auto& variable : config.env_files) add_variable(variable.name, variable.value);
  return out;
}

}  // namespace errand::cli
