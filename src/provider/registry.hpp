#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "chat/model.hpp"
#include "chat/script.hpp"
#include "http/transport.hpp"
#include "provider/http_provider.hpp"
#include "provider/provider.hpp"
#include "provider/recorded.hpp"

namespace errand::provider {

/// Reads the YAML of a scripted model (config does; this room knows no YAML).
using ScriptLoader = std::function<Result<chat::Script>(const std::string& path)>;

/// What a Registry takes from the world.
struct Outside {
  /// Borrowed; must outlive the Registry and what it opens. Asked for late: a scripted model never touches it.
  std::function<http::Transport&()> transport;
  ScriptLoader load_script;
  /// The provider's key where the settings do not hold it (a file, a command), an empty text for none. Asked for each
  /// time a model is opened; its error is the registry's.
  std::function<Result<std::string>(const chat::ProviderSpec&, const Call&)> find_key{};
  /// Opens the recording of a `replay/FILE` model.
  std::function<Result<Recorded>(const std::string& path)> open_recording{};
  /// What `transport` is. A recording needs no key, and its waits are over at once.
  enum class Wire { network, recording } wire = Wire::network;
};

/// Makes Providers from what the settings say.
class Registry {
 public:
  Registry(std::vector<chat::ProviderSpec> providers, chat::RetrySettings retry, Outside outside);

  /// One model, or a chain, in which a model counts once: the next is asked when the one before is unavailable, refuses
  /// the model or has too small a window. Fails with `auth` when a key is needed and there is none, naming the ways to
  /// give one; of a chain, those without a key are left out with a warning as long as one has its key.
  Result<std::unique_ptr<Provider>> open(const std::vector<chat::ModelSpec>& chain, const Call& call = {}) const;

 private:
  /// Whether the chain has another model to ask while a rate limit lasts.
  enum class Place { inner, last };
  [[nodiscard]] Result<std::unique_ptr<Provider>> open_one(const chat::ModelSpec& model, Place place,
                                                           const Call& call) const;
  [[nodiscard]] Result<std::unique_ptr<Provider>> open_recorded(const chat::ModelSpec& model) const;
  [[nodiscard]] Result<void> fill_in_key(chat::ProviderSpec& provider, const Call& call) const;

  std::vector<chat::ProviderSpec> providers_;
  chat::RetrySettings retry_;
  Outside outside_;
  std::shared_ptr<QuotaWait> quota_;  ///< one for all that is opened: it holds for the run
};

}  // namespace errand::provider
