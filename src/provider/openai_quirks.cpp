#include "provider/openai_quirks.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "provider/wire_value.hpp"

namespace errand::provider {

namespace {

struct Row {
  std::string_view name;  // of the provider in config.yaml, and of the dialect
  std::string_view host;  // what its host ends with; empty: it may be anywhere
  Quirks quirks;
};

// Sorted by name. A server whose requests need nothing of its own has a row all the same where people may look for it.
constexpr std::array rows = {
    Row{"azure",
        ".azure.com",
        {.output_limit = OutputLimit::max_completion_tokens,
         .key = KeyHeader::api_key,
         .sampling = ReasoningSampling::refused,
         .names = ModelNames::deployments}},
    Row{"cerebras", "api.cerebras.ai", {.output_limit = OutputLimit::max_completion_tokens}},
    Row{"deepseek",
        "api.deepseek.com",
        {.effort = EffortField::thinking, .replay = ReasoningReplay::with_calls, .schema = SchemaField::json_object}},
    Row{"groq", "api.groq.com", {.output_limit = OutputLimit::max_completion_tokens}},
    Row{"litellm", "", {}},
    Row{"llamacpp", "", {}},
    Row{"lmstudio", "", {}},
    Row{"mistral",
        "api.mistral.ai",
        {.usage = UsageRequest::unasked, .ids = CallIdStyle::nine_alnum, .forced = ForcedCall::any}},
    Row{"moonshotai", "api.moonshot.ai", {.replay = ReasoningReplay::with_calls, .schema = SchemaField::json_object}},
    Row{"ollama", "", {}},
    Row{"openai",
        "api.openai.com",
        {.output_limit = OutputLimit::max_completion_tokens, .sampling = ReasoningSampling::refused}},
    Row{"openrouter", "openrouter.ai", {.effort = EffortField::reasoning}},
    Row{"perplexity", "api.perplexity.ai", {.usage = UsageRequest::unasked}},
    Row{"together", "api.together.xyz", {}},
    Row{"vercel", "ai-gateway.vercel.sh", {.effort = EffortField::reasoning}},
    Row{"vllm", "", {}},
    Row{"xai", "api.x.ai", {}},
    Row{"zai", "api.z.ai", {.effort = EffortField::thinking, .schema = SchemaField::json_object}},
    Row{"zhipu", "open.bigmodel.cn", {.effort = EffortField::thinking, .schema = SchemaField::json_object}},
};
static_assert(std::ranges::is_sorted(rows, {}, &Row::name));

const Row* row_named(std::string_view name) {
  const auto found = std::ranges::find(rows, name, &Row::name);
  return found == rows.end() ? nullptr : &*found;
}

const Row* row_at(std::string_view host) {
  const auto found =
      std::ranges::find_if(rows, [&](const Row& row) { return !row.host.empty() && host.ends_with(row.host); });
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace

// The host is what answers; the name counts where the host says nothing (a proxy, a mirror).
Quirks quirks_of(const chat::ProviderSpec& provider) {
  const auto* row = row_named(provider.like);
  if (row == nullptr) row = row_at(host_of(provider.base_url));
  if (row == nullptr) row = row_named(provider.name);
  return row == nullptr ? Quirks{} : row->quirks;
}

std::vector<std::string_view> dialect_names() {
  std::vector<std::string_view> out;
  for (const auto& row : rows) out.push_back(row.name);
  return out;
}

}  // namespace errand::provider
