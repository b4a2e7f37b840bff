#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "agent/task_group.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "cli/command.hpp"
#include "cli/listing.hpp"
#include "cli/local_models.hpp"
#include "cli/output.hpp"
#include "cli/setup.hpp"
#include "cli/wire.hpp"
#include "config/keys.hpp"
#include "config/lookup.hpp"
#include "provider/model_list.hpp"

namespace errand::cli {

namespace {

constexpr std::chrono::seconds answer_limit{10};
constexpr std::size_t servers_at_once = 8;

Json model_json(const chat::ModelSpec& model) {
  Json out = {{"name", model.alias.empty() ? model.full_name() : model.alias},
              {"provider", model.provider},
              {"id", model.id},
              {"context", model.context == 0 ? Json(nullptr) : Json(model.context)},
              {"max_output", model.max_output == 0 ? Json(nullptr) : Json(model.max_output)},
              {"price", nullptr}};
  if (model.price) {
    out["price"] = {{"input", model.price->input},
                    {"output", model.price->output},
                    {"cache_read", model.price->cache_read},
                    {"cache_write", model.price->cache_write}};
  }
  return out;
}

std::string price_text(const std::optional<chat::Price>& price) {
  return price ? fmt::format("{:g}/{:g}", price->input, price->output) : std::string("unknown");
}

// What one server said, or why it said nothing.
struct Listing {
  std::string provider;
  Result<std::vector<provider::ListedModel>> models;
};

Result<std::vector<provider::ListedModel>> ask(chat::ProviderSpec provider, config::Keys& keys,
                                               http::Transport& transport, const Call& call) {
  ERRAND_TRY_ASSIGN(provider.key, keys.find(provider, call));
  if (provider.key.empty() && provider.key_required) return fail(ErrorKind::auth, "there is no key for it");
  return provider::list_models(provider, transport, call.within(answer_limit));
}

// What the server tells stands beside what is known of the model here.
chat::ModelSpec merged(const config::Configuration& config, const std::string& provider,
                       const provider::ListedModel& listed) {
  chat::ModelSpec out;
  out.provider = provider;
  out.id = unicode::sanitize(listed.id);
  if (auto known = config::resolve_model(config, out.full_name(), config.sources.cwd)) out = *std::move(known);
  out.alias.clear();
  if (listed.context > 0) out.context = listed.context;
  if (listed.max_output > 0) out.max_output = listed.max_output;
  return out;
}

class ModelsCommand final : public Command {
 public:
  void declare(Options& options) override {
    options.flag("--json", json_, "as JSON");
    options.flag("--remote", remote_, "ask the providers that are set up, and servers on this machine");
    options.text("--provider", provider_, "NAME", "of this provider alone");
  }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    ERRAND_TRY(read_verb("errand models", words, {{"list"}}));
    ERRAND_TRY_ASSIGN(const auto config, load_configuration(invocation, config::Scope::settings));
    if (provider_) ERRAND_TRY(check_provider(config));
    if (remote_) return list_remote(config, invocation);
    auto models = config::known_models(config);
    std::erase_if(models, [&](const chat::ModelSpec& model) { return provider_ && model.provider != *provider_; });
    return print(models);
  }

 private:
  [[nodiscard]] Result<void> check_provider(const config::Configuration& config) const {
    std::vector<std::string> known;
    for (const auto& provider : config::providers(config)) known.push_back(provider.name);
    if (std::ranges::find(known, *provider_) != known.end()) return {};
    return fail(ErrorKind::config, fmt::format("unknown provider \"{}\"", *provider_),
                text::suggest(*provider_, known, "providers"));
  }

  [[nodiscard]] Result<int> print(const std::vector<chat::ModelSpec>& models) const {
    if (json_) {
      auto items = Json::array();
      for (const auto& model : models) items.push_back(model_json(model));
      return print_json({{"models", std::move(items)}});
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& model : models) {
      rows.push_back({model.alias.empty() ? model.full_name() : model.alias, model.full_name(),
                      tokens_text(model.context), tokens_text(model.max_output), price_text(model.price)});
    }
    return print_table({{"name"}, {"model", Width::flexible}, {"context"}, {"output"}, {"$/M in/out"}}, rows);
  }

  [[nodiscard]] std::vector<chat::ProviderSpec> providers_to_ask(const config::Configuration& config) const {
    auto out = provider_ ? config::providers(config) : config::configured_providers(config);
    if (provider_) {
      std::erase_if(out, [&](const chat::ProviderSpec& provider) { return provider.name != *provider_; });
    }
    return out;
  }

  Result<int> list_remote(const config::Configuration& config, const Invocation& invocation) {
    const Call call{invocation.signals.begin_run(), Call::Clock::time_point::max()};
    auto listings = ask_all(config, providers_to_ask(config), call);
    if (!provider_) add_local(config, listings, call);
    ERRAND_TRY(call.check());
    std::vector<chat::ModelSpec> models;
    bool answered = false;
    for (const auto& listing : listings) {
      if (!listing.models) {
        print_note(invocation.globals,
                   fmt::format("warning: provider {}: {}", listing.provider, listing.models.error().message));
        continue;
      }
      answered = true;
      for (const auto& model : *listing.models) models.push_back(merged(config, listing.provider, model));
    }
    if (answered) return print(models);
    if (listings.empty()) {
      return fail(ErrorKind::auth, "no provider is set up",
                  "set a key, such as ANTHROPIC_API_KEY; \"errand doctor\" says more");
    }
    return fail(ErrorKind::unavailable, "no provider told its models", "\"errand doctor\" says more");
  }

  static std::vector<Listing> ask_all(const config::Configuration& config,
                                      const std::vector<chat::ProviderSpec>& providers, const Call& call) {
    const auto client = make_client(config);
    config::Keys keys(config);
    std::vector<Listing> out;
    for (const auto& provider : providers) out.push_back({provider.name, {}});
    agent::run_together(providers.size(), servers_at_once,
                        [&](std::size_t i) { out[i].models = ask(providers[i], keys, *client, call); });
    return out;
  }

  // What may run on this machine: silence says nothing there.
  static void add_local(const config::Configuration& config, std::vector<Listing>& listings, const Call& call) {
    auto servers = local_servers(config);
    std::erase_if(servers, [&](const chat::ProviderSpec& server) {
      return std::ranges::find(listings, server.name, &Listing::provider) != listings.end();
    });
    constexpr std::chrono::milliseconds local_limit{1000};
    for (auto& listing : ask_all(config, servers, call.within(local_limit))) {
      if (listing.models) listings.push_back(std::move(listing));
    }
  }

  bool json_ = false;
  bool remote_ = false;
  std::optional<std::string> provider_;
};

}  // namespace

std::unique_ptr<Command> make_models_command() {
  return std::make_unique<ModelsCommand>();
}

}  // namespace errand::cli
