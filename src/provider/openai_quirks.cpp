#include "provider/openai_quirks.hpp"

#include <array>
#include <string_view>

#include "provider/wire_value.hpp"

namespace errand::provider {

namespace {

struct Row {
  std::string_view name;  // of the provider in config.yaml
  std::string_view host;  // what its host ends with
  Quirks quirks;
};

constexpr std::array rows = {
    Row{"azure", ".azure.com", {.output_limit = OutputLimit::max_completion_tokens}},
    Row{"deepseek", "api.deepseek.com", {.effort = EffortField::thinking, .replay = ReasoningReplay::with_calls}},
    Row{"mistral", "api.mistral.ai", {.usage = UsageRequest::unasked, .ids = CallIdStyle::nine_alnum}},
    Row{"openai", "api.openai.com", {.output_limit = OutputLimit::max_completion_tokens}},
    Row{"openrouter", "openrouter.ai", {.effort = EffortField::reasoning}},
    Row{"perplexity", "api.perplexity.ai", {.usage = UsageRequest::unasked}},
    Row{"vercel", "ai-gateway.vercel.sh", {.effort = EffortField::reasoning}},
    Row{"zai", "api.z.ai", {.effort = EffortField::thinking}},
    Row{"zhipu", "open.bigmodel.cn", {.effort = EffortField::thinking}},
};

}  // namespace

// The host is what answers; the name counts where the host says nothing (a proxy, a mirror).
Quirks quirks_of(const chat::ProviderSpec& provider) {
  const auto host = host_of(provider.base_url);
  for (const auto& row : rows) {
    if (host.ends_with(row.host)) return row.quirks;
  }
  for (const auto& row : rows) {
    if (provider.name == row.name) return row.quirks;
  }
  return {};
}

}  // namespace errand::provider
