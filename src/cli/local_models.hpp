#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/call.hpp"
#include "chat/event.hpp"
#include "chat/model.hpp"
#include "config/configuration.hpp"
#include "http/transport.hpp"

namespace errand::cli {

/// What model servers on this machine are asked before a model is opened. Each is asked once. Thread-safe.
class LocalModels {
 public:
  /// `config` is borrowed. `transport` is asked for late, and borrowed.
  LocalModels(const config::Configuration& config, std::function<http::Transport&()> transport)
      : config_(config), transport_(std::move(transport)) {}

  /// Where nobody set up a provider, named a model or knows one: `chain` becomes the model of a server on this machine,
  /// if one answers, and `warnings` says so. `names` is what the chain was made of.
  void stand_in(std::vector<chat::ModelSpec>& chain, const std::vector<std::string>& names,
                std::vector<chat::event::Warning>& warnings, const Call& call);

  /// Fills in the window of the model that is asked first, where only its server knows it.
  void fill_in_window(std::vector<chat::ModelSpec>& chain, const Call& call);

 private:
  [[nodiscard]] bool is_chosen(const std::vector<std::string>& names) const;
  std::optional<chat::ModelSpec> found(const Call& call);

  const config::Configuration& config_;
  std::function<http::Transport&()> transport_;
  std::mutex mutex_;
  bool searched_ = false;                        // guarded by mutex_, as all below
  std::optional<chat::ModelSpec> found_;         //
  std::map<std::string, std::int64_t> windows_;  // by full name
};

/// The providers whose servers usually run on this machine, in the order in which they are looked for.
std::vector<chat::ProviderSpec> local_servers(const config::Configuration& config);

}  // namespace errand::cli
