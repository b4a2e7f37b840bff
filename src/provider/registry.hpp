#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "chat/model.hpp"
#include "chat/script.hpp"
#include "http/transport.hpp"
#include "provider/provider.hpp"

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
  std::function<Result<std::string>(const chat::ProviderSpec&)> find_key{};
};

/// Makes Providers from what the settings say.
class Registry {
 public:
  Registry(std::vector<chat::ProviderSpec> providers, chat::RetrySettings retry, Outside outside);

  /// One model, or a chain: the next is asked when the one before is unavailable, refuses the model or has too small a
  /// window. Fails with `auth` when a key is needed and there is none, naming the ways to give one.
  Result<std::unique_ptr<Provider>> open(const std::vector<chat::ModelSpec>& chain) const;

 private:
  [[nodiscard]] Result<std::unique_ptr<Provider>> open_one(const chat::ModelSpec& model) const;

  std::vector<chat::ProviderSpec> providers_;
  chat::RetrySettings retry_;
  Outside outside_;
};

}  // namespace errand::provider
