#include "cli/chat_status.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include <unistd.h>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "chat/names.hpp"
#include "cli/chat_hints.hpp"
#include "cli/output.hpp"
#include "config/keys.hpp"
#include "config/lookup.hpp"
#include "provider/local_models.hpp"
#include "render/fold.hpp"

namespace errand::cli {

namespace {

using Chain = std::vector<chat::ModelSpec>;

// Opening it would run a command that may ask for a passphrase, or make a server load it: that has time until it is
// asked.
bool costs_to_open(const Chain& chain, const config::Configuration& config) {
  const auto providers = config::providers(config);
  return std::ranges::any_of(chain, [&](const chat::ModelSpec& model) {
    const auto found = std::ranges::find(providers, model.provider, &chat::ProviderSpec::name);
    return found != providers.end() && (provider::is_local_server(*found) ||
                                        config::key_source(config, *found).kind == config::KeySource::Kind::command);
  });
}

// Why it can't be asked, as far as that is known without asking it.
std::optional<Error> obstacle(const std::vector<std::string>& models, const Result<Chain>& chain, Talk& talk) {
  if (!chain) return chain.error();
  const auto& engine = talk.engine();
  if (costs_to_open(*chain, engine.config())) return std::nullopt;
  const auto opened = engine.services().open_model(models, talk.begin_run(Call::Clock::now()));
  if (opened || opened.error().kind == ErrorKind::cancelled) return std::nullopt;
  return opened.error();
}

void warn(Error error) {
  constexpr std::string_view as_error = "error:";
  error.hint = in_chat_words(std::move(error.hint));
  auto text = error_text(error);
  if (text.starts_with(as_error)) text.replace(0, as_error.size(), "warning:");
  if (!write_all(STDERR_FILENO, render::fold(text, render::fold_columns(STDERR_FILENO))))
    return;  // a lost terminal shows at the next read
}

}  // namespace

void ChatStatus::refresh() {
  const auto& definition = talk_.chat().definition();
  const auto models = text::join(definition.models, ",");
  if (models != models_) use_model(models);
  face_.stand_by({.session = talk_.chat().session_id(),
                  .agent = definition.id,
                  .model = model_,
                  .mode = std::string(chat::name_of(definition.permission_mode)),
                  .sandbox = sandbox(),
                  .context = talk_.chat().context_tokens()});
}

void ChatStatus::use_model(const std::string& models) {
  models_ = models;
  const auto& config = talk_.engine().config();
  const auto& names = talk_.chat().definition().models;
  const auto chain = config::resolve_models(config, names, config.sources.cwd);
  model_ = chain && !chain->empty() ? chain->front().full_name() : models;
  if (const auto why = obstacle(names, chain, talk_)) {
    face_.make_room();
    warn(*why);
  }
}

std::string ChatStatus::sandbox() const {
  const auto& services = talk_.engine().services();
  return services.surroundings.sandbox_off ? "off" : services.sandbox.level().name;
}

}  // namespace errand::cli
