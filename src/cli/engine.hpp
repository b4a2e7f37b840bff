#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "agent/memory.hpp"
#include "agent/services.hpp"
#include "base/error.hpp"
#include "base/json_fwd.hpp"
#include "base/secrets.hpp"
#include "chat/event.hpp"
#include "chat/interaction.hpp"
#include "cli/command.hpp"
#include "cli/local_models.hpp"
#include "cli/run_options.hpp"
#include "cli/setup.hpp"
#include "cli/tracing.hpp"
#include "cli/wire.hpp"
#include "config/configuration.hpp"
#include "config/keys.hpp"
#include "mcp/servers.hpp"
#include "provider/registry.hpp"
#include "sandbox/sandbox.hpp"
#include "store/store.hpp"
#include "tool/registry.hpp"

namespace errand::cli {

/// Every concrete thing the agent room works with, wired once: store, tools, sandbox, models. Neither copied nor moved:
/// what it holds refers to each other.
class Engine {
 public:
  /// `sink` and `interaction` are borrowed. Fails with `storage` or `usage`.
  static Result<std::unique_ptr<Engine>> make(const Invocation& invocation, const RunArguments& arguments,
                                              config::Configuration config, chat::EventSink& sink,
                                              chat::Interaction& interaction);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  /// Begins to load what a model of that name will need, so that it overlaps the rest of the start.
  void preload(const std::vector<std::string>& models);

  [[nodiscard]] const config::Configuration& config() const { return config_; }
  [[nodiscard]] const agent::Services& services() const { return *services_; }
  [[nodiscard]] store::Store& store() const { return *store_; }
  [[nodiscard]] const Place& place() const { return place_; }

  /// What --dry-run kept from being sent: Wire::held_request().
  [[nodiscard]] std::optional<Json> held_request() const;

  /// The user's own store, also where the session is kept nowhere: locks and budgets are his.
  Result<store::Store*> user_store();

 private:
  explicit Engine(config::Configuration config) : config_(std::move(config)) {}
  Result<agent::Purse> purse();
  void begin_tracing(const Invocation& invocation);
  Result<agent::Surroundings> surroundings(const Invocation& invocation, const RunArguments& arguments,
                                           const Place& place) const;
  Result<std::string> find_key(const chat::ProviderSpec& provider, const Call& call);
  Result<std::unique_ptr<provider::Provider>> open_model(const std::vector<std::string>& names, const Call& call);

  config::Configuration config_;
  config::Keys keys_{config_};
  secrets::Redactor secrets_;
  Place place_;
  bool keeps_sessions_ = true;
  std::unique_ptr<store::Store> store_;
  std::optional<agent::MemoryNotes> notes_;
  std::unique_ptr<store::Store> user_store_;  ///< beside a store_ that keeps nothing; null: not needed
  tool::Registry tools_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  std::jthread probe_;  ///< asks the sandbox for its level, which `ready` tells, while the rest is set up
  std::unique_ptr<Wire> wire_;
  std::optional<mcp::Servers> servers_;
  std::unique_ptr<Tracing> tracing_;
  std::unique_ptr<provider::Registry> providers_;
  bool model_is_named_ = false;
  LocalModels local_models_{config_, [this]() -> http::Transport& { return wire_->network(); }};
  std::optional<agent::Services> services_;
};

/// What the person hears where the project is no place for tools to work in, so that they work elsewhere.
std::optional<chat::event::Warning> workspace_warning(const Engine& engine);

}  // namespace errand::cli
