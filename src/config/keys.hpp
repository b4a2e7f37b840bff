#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "base/call.hpp"
#include "base/error.hpp"
#include "chat/model.hpp"
#include "config/configuration.hpp"

namespace errand::config {

/// Where a provider's key comes from, as far as can be told without reading a file or running a command.
struct KeySource {
  enum class Kind { none, variable, file, command };
  Kind kind = Kind::none;
  std::string origin;  ///< "ANTHROPIC_API_KEY", "CORP_KEY in .env:1:1", "api_key_file /path", "api_key_command"
  bool operator==(const KeySource&) const = default;
};
KeySource key_source(const Configuration& config, const chat::ProviderSpec& provider);

/// Finds the keys of providers: what their variable holds, else the first line of `api_key_file`, else what
/// `api_key_command` prints. A file that is not there gives way to the command.
///
/// A command is run by /bin/sh with the user's environment and no input, and has `command_limit`. What it printed is
/// kept for `kept_for`, so that subagents do not each ask; its output is in no message. Safe to call from several
/// threads: one command runs at a time.
class Keys {
 public:
  static constexpr std::chrono::seconds command_limit{10};
  /// Below the life of the tokens that such commands make, an hour or less.
  static constexpr std::chrono::minutes kept_for{5};

  /// `config` is borrowed.
  explicit Keys(const Configuration& config) : config_(config) {}

  /// The key, or an empty text when there is none and none is needed. Errors: `auth` when the file or the command
  /// fails, `config` when a header or the proxy needs a variable that is not set, `cancelled` and `timeout` from
  /// `call`.
  Result<std::string> find(const chat::ProviderSpec& provider, const Call& call = {});

 private:
  struct Kept {
    std::string key;
    std::chrono::steady_clock::time_point until;
  };

  Result<std::string> from_command(const chat::ProviderSpec& provider, const Call& call);

  const Configuration& config_;
  std::mutex mutex_;
  std::map<std::string, Kept> kept_;
};

}  // namespace errand::config
