#include "cli/wire.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/try.hpp"
#include "cli/known_secrets.hpp"
#include "cli/rehearsal.hpp"
#include "config/lookup.hpp"
#include "version.hpp"

namespace errand::cli {

namespace {

// What must be in no recording; keys that are found later are learned from the requests that carry them.
std::vector<std::string> secret_values(const config::Configuration& config) {
  std::vector<std::string> out;
  for (auto& secret : known_secrets(config)) out.push_back(std::move(secret.value));
  return out;
}

http::ClientOptions client_options(const config::Configuration& config) {
  const auto& env = config.sources.env;
  return http::ClientOptions::from_environment([&env](const char* name) {
    const auto found = env.find(std::string_view(name));
    return found == env.end() ? nullptr : found->second.c_str();
  });
}

}  // namespace

std::unique_ptr<http::Client> make_client(const config::Configuration& config) {
  return std::make_unique<http::Client>(client_options(config));
}

Wire::Wire(const config::Configuration& config, const RunArguments& arguments, std::vector<http::NamedPlace> places)
    : config_(config),
      mode_(arguments.replay_strict ? http::ReplayMode::strict : http::ReplayMode::lenient),
      places_(std::move(places)) {}

Wire::~Wire() = default;

Result<std::unique_ptr<Wire>> Wire::make(const config::Configuration& config, const RunArguments& arguments,
                                         std::vector<http::NamedPlace> places) {
  std::unique_ptr<Wire> wire(new Wire(config, arguments, std::move(places)));
  auto& self = *wire;
  if (arguments.dry_run) {
    self.rehearsal_ = std::make_unique<Rehearsal>(secret_values(config));
    return wire;
  }
  if (arguments.replay) {
    ERRAND_TRY_ASSIGN(auto recording, http::load_recording(*arguments.replay));
    self.replayer_ = self.player(std::move(recording));
  }
  if (arguments.record) {
    ERRAND_TRY_ASSIGN(self.recorder_, http::Recorder::open([&self]() -> http::Transport& { return self.client(); },
                                                           {.path = *arguments.record,
                                                            .made_by = fmt::format("errand {}", version),
                                                            .places = self.places_,
                                                            .secrets = secret_values(config)}));
  }
  return wire;
}

http::Client& Wire::client() {
  std::call_once(client_made_, [this] { client_ = make_client(config_); });
  return *client_;
}

http::Transport& Wire::transport() {
  if (rehearsal_) return *rehearsal_;
  if (replayer_) return *replayer_;
  if (recorder_) return *recorder_;
  return client();
}

void Wire::preload() {
  if (!is_offline()) client().preload();
}

std::optional<Json> Wire::held_request() const {
  return rehearsal_ ? rehearsal_->request() : std::nullopt;
}

std::unique_ptr<http::Replayer> Wire::player(http::Recording recording) const {
  return std::make_unique<http::Replayer>(
      std::move(recording), http::ReplayOptions{.mode = mode_, .places = places_, .secrets = secret_values(config_)});
}

// Windows, prices and how it thinks are this program's to know: a recording does not hold them.
provider::Endpoint Wire::with_known_facts(provider::Endpoint endpoint) const {
  const auto& name = endpoint.provider.name;
  if (auto known = config::resolve_model(config_, endpoint.model.full_name(), config_.sources.cwd))
    endpoint.model = *std::move(known);
  const auto own = config_.settings.providers.find(name);
  if (own == config_.settings.providers.end() || own->second.protocol != endpoint.provider.protocol) return endpoint;
  if (!own->second.base_url.empty()) endpoint.provider.base_url = own->second.base_url;  // its host tells its dialect
  if (endpoint.provider.like.empty()) endpoint.provider.like = own->second.like;
  return endpoint;
}

Result<provider::Recorded> Wire::open_recording(const std::string& path) {
  const std::lock_guard lock(mutex_);
  auto& held = opened_[path];
  if (!held) {
    auto recording = http::load_recording(path);
    if (!recording) {
      auto error = std::move(recording).error();
      error.kind = ErrorKind::config;
      return fail(std::move(error));
    }
    held = player(*std::move(recording));
  }
  ERRAND_TRY_ASSIGN(auto endpoint, provider::endpoint_of(held->recording()));
  return provider::Recorded{with_known_facts(std::move(endpoint)), *held};
}

}  // namespace errand::cli
