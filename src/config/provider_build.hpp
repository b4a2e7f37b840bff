#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/configuration.hpp"
#include "config/settings_reader.hpp"

// Internal to this room: providers out of the files, the program and the environment.
namespace errand::config {

/// The environment as settings see it: the real one, then the trusted .env files. Set but empty is not set.
struct Environment {
  const EnvMap& real;
  const std::vector<EnvFileVariable>& files;

  [[nodiscard]] std::string get(std::string_view name) const;
};

/// A provider as the nearest file, then the next, then the program describes it.
struct ProviderView {
  ProviderDraft merged;  ///< what the files say; the following fields have it too
  chat::Protocol protocol = chat::Protocol::openai_chat;
  std::string base_url;
  std::string base_url_variable;
  std::string key_variable;
  bool key_required = false;
};
ProviderView view_of(std::string_view name, const std::vector<SettingsDraft>& drafts);

/// Built-in ones in their order, then those of the files.
std::vector<std::string> provider_names(const std::vector<SettingsDraft>& drafts);

/// The environment variables its settings name, of the key, the address, the headers and the proxy.
std::vector<std::string> variables_of(const ProviderView& view);

/// The provider with the key its variable holds. A header or proxy whose variable is not set is left out, and `unset`
/// says so. Paths start at their file's directory; `~/` is `home`.
chat::ProviderSpec provider_spec(const std::string& name, const ProviderView& view, const Environment& environment,
                                 const std::string& home, std::vector<UnsetVariable>& unset);

}  // namespace errand::config
