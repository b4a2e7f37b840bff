#include "telemetry/conventions.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "net/url.hpp"

namespace errand::telemetry {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> provider_words = {{
    {"gemini", "gcp.gemini"},
    {"vertex", "gcp.vertex_ai"},
    {"bedrock", "aws.bedrock"},
    {"azure", "azure.ai.openai"},
    {"mistral", "mistral_ai"},
    {"moonshotai", "moonshot_ai"},
    {"xai", "x_ai"},
    {"zai", "z_ai"},
}};

void add_positive(Attributes& to, const char* key, std::int64_t value) {
  if (value > 0) to.push_back({key, value});
}

}  // namespace

ModelName split_model(std::string_view full_name) {
  const auto slash = full_name.find('/');
  if (slash == std::string_view::npos) return {{}, std::string(full_name)};
  return {std::string(full_name.substr(0, slash)), std::string(full_name.substr(slash + 1))};
}

std::string provider_word(std::string_view provider) {
  const auto* const found =
      std::ranges::find(provider_words, provider, &std::pair<std::string_view, std::string_view>::first);
  return std::string(found == provider_words.end() ? provider : found->second);
}

std::int64_t input_tokens(const chat::Usage& usage) {
  return usage.input + usage.cache_read + usage.cache_write;
}

void add_usage(Attributes& to, const chat::Usage& usage) {
  if (usage == chat::Usage{}) return;
  to.push_back({"gen_ai.usage.input_tokens", input_tokens(usage)});
  to.push_back({"gen_ai.usage.output_tokens", usage.output});
  add_positive(to, "gen_ai.usage.cache_read.input_tokens", usage.cache_read);
  add_positive(to, "gen_ai.usage.cache_creation.input_tokens", usage.cache_write);
  add_positive(to, "gen_ai.usage.reasoning.output_tokens", usage.reasoning);
}

void add_server(Attributes& to, const std::string& base_url) {
  if (base_url.empty()) return;
  const auto url = net::parse_url(base_url);
  if (!url) return;
  to.push_back({"server.address", url->where.host.name});
  to.push_back({"server.port", std::int64_t{url->where.port}});
}

std::string parent_path(std::string_view agent_path) {
  const auto slash = agent_path.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(agent_path.substr(0, slash));
}

std::string subagent_id(std::string_view agent_path) {
  const auto slash = agent_path.rfind('/');
  if (slash == std::string_view::npos) return {};
  const auto name = agent_path.substr(slash + 1);
  return std::string(name.substr(0, name.rfind('#')));
}

}  // namespace errand::telemetry
