#include "provider/registry.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "chat/names.hpp"
#include "provider/codec.hpp"
#include "provider/fallback.hpp"
#include "provider/http_provider.hpp"
#include "provider/local_models.hpp"
#include "provider/scripted.hpp"

namespace errand::provider {

namespace {

constexpr std::string_view recorded_provider = "replay";

// To add a model API: its Codec in a file of its own, and a row here.
struct Row {
  std::string_view name;  // as `type` in config.yaml
  std::unique_ptr<Codec> (*make)();
};
constexpr std::array rows = {
    Row{"anthropic", make_anthropic_codec},
    Row{"gemini", make_gemini_codec},
    Row{"openai_chat", make_openai_chat_codec},
    Row{"openai_responses", make_openai_responses_codec},
};
static_assert(std::ranges::is_sorted(rows, {}, &Row::name));

tl::unexpected<Error> unknown_provider(const chat::ModelSpec& model, const std::vector<chat::ProviderSpec>& providers) {
  std::vector<std::string> names;
  for (const auto& provider : providers) names.push_back(provider.name);
  return fail(ErrorKind::config,
              fmt::format("unknown provider \"{}\" of model \"{}\"", model.provider, model.full_name()),
              text::suggest(model.provider, names, "providers"));
}

tl::unexpected<Error> no_key(const chat::ProviderSpec& provider) {
  const auto variable = provider.key_variables.empty() ? std::string("the variable its api_key_env names")
                                                       : text::join(provider.key_variables, " or ");
  return fail(
      ErrorKind::auth, fmt::format("no key for provider \"{}\"", provider.name),
      fmt::format("set {} in the environment or in .env, or api_key_file or api_key_command in config.yaml; or use "
                  "a model on this machine (-m ollama/MODEL), or one that plays a file (-m scripted/FILE)",
                  variable));
}

// Null for a protocol without a wire.
std::unique_ptr<Codec> codec_for(const chat::ProviderSpec& provider) {
  const auto found = std::ranges::find(rows, chat::name_of(provider.protocol), &Row::name);
  return found == rows.end() ? nullptr : found->make();
}

// Each model once, where it stands first.
std::vector<chat::ModelSpec> without_repeats(const std::vector<chat::ModelSpec>& chain) {
  std::vector<chat::ModelSpec> out;
  for (const auto& model : chain) {
    const auto same = [&](const chat::ModelSpec& other) { return other.full_name() == model.full_name(); };
    if (std::ranges::none_of(out, same)) out.push_back(model);
  }
  return out;
}

}  // namespace

Registry::Registry(std::vector<chat::ProviderSpec> providers, chat::RetrySettings retry, Outside outside)
    : providers_(std::move(providers)),
      retry_(retry),
      outside_(std::move(outside)),
      quota_(std::make_shared<QuotaWait>(retry.quota)) {}

Result<void> Registry::fill_in_key(chat::ProviderSpec& provider, const Call& call) const {
  if (outside_.find_key) {
    ERRAND_TRY_ASSIGN(provider.key, outside_.find_key(provider, call));
  }
  if (provider.key_required && provider.key.empty()) return no_key(provider);
  return {};
}

Result<std::unique_ptr<Provider>> Registry::open_recorded(const chat::ModelSpec& model) const {
  if (!outside_.open_recording) return unknown_provider(model, providers_);
  ERRAND_TRY_ASSIGN(const auto recorded, outside_.open_recording(model.id));
  return make_recorded(codec_for(recorded.endpoint.provider), recorded, retry_, model);
}

Result<std::unique_ptr<Provider>> Registry::open_one(const chat::ModelSpec& model, Place place,
                                                     const Call& call) const {
  const auto found = std::ranges::find(providers_, model.provider, &chat::ProviderSpec::name);
  const bool scripted = found == providers_.end() ? model.provider == chat::name_of(chat::Protocol::scripted)
                                                  : found->protocol == chat::Protocol::scripted;
  if (scripted) {
    ERRAND_TRY_ASSIGN(auto script, outside_.load_script(model.id));
    return make_scripted(std::move(script), model);
  }
  if (model.provider == recorded_provider) return open_recorded(model);
  if (found == providers_.end()) return unknown_provider(model, providers_);
  auto provider = *found;
  if (outside_.wire == Outside::Wire::network) ERRAND_TRY(fill_in_key(provider, call));
  auto codec = codec_for(provider);
  auto clock = outside_.wire == Outside::Wire::network ? real_clock() : replay_clock();
  return std::make_unique<HttpProvider>(std::move(codec), Endpoint{std::move(provider), model}, retry_,
                                        outside_.transport, std::move(clock), place == Place::last ? quota_ : nullptr);
}

Result<std::unique_ptr<Provider>> Registry::open(const std::vector<chat::ModelSpec>& chain, const Call& call) const {
  if (chain.empty()) return fail(ErrorKind::config, "no model", "name one with -m, or under model: in agents.yaml");
  auto models = without_repeats(chain);
  std::ranges::reverse(models);  // from the end, to know which is the last that opens
  std::vector<std::unique_ptr<Provider>> opened;
  std::vector<chat::event::Warning> warnings;
  std::optional<Error> keyless;
  for (const auto& model : models) {
    auto provider = open_one(model, opened.empty() ? Place::last : Place::inner, call);
    if (provider) {
      opened.push_back(*std::move(provider));
      continue;
    }
    if (provider.error().kind != ErrorKind::auth) return provider;
    warnings.push_back({"fallback_left_out",
                        fmt::format("{} is left out of the chain: {}", model.full_name(), provider.error().message)});
    keyless = std::move(provider).error();
  }
  if (opened.empty()) return fail(*std::move(keyless));
  std::ranges::reverse(opened);
  if (opened.size() == 1) return with_warnings(std::move(opened.front()), std::move(warnings));
  return with_warnings(std::make_unique<FallbackProvider>(std::move(opened)), std::move(warnings));
}

}  // namespace errand::provider
