#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/secrets.hpp"
#include "chat/agent.hpp"
#include "chat/event.hpp"
#include "chat/interaction.hpp"
#include "policy/policy.hpp"
#include "provider/provider.hpp"
#include "sandbox/policy.hpp"
#include "sandbox/sandbox.hpp"
#include "store/budgets.hpp"
#include "store/store.hpp"
#include "tool/notes.hpp"
#include "tool/registry.hpp"
#include "tool/servers.hpp"

namespace errand::http {
class Transport;
}

namespace errand::agent {

/// Opens a model by the names an agent's definition has: one, or a fallback chain. May ask servers and wait.
using ModelOpener = std::function<Result<std::unique_ptr<provider::Provider>>(const std::vector<std::string>& models,
                                                                              const Call& call)>;

/// The surroundings of every agent of this process: where it works and what is around it.
struct Surroundings {
  policy::Roots roots;
  std::string workspace;                 ///< absolute, resolved
  std::string cwd;                       ///< absolute, inside the workspace or one of the added directories
  std::vector<std::string> added;        ///< further writable directories (`--add-dir`), absolute and resolved
  std::vector<std::string> hidden;       ///< data directory and our own configuration
  std::vector<std::string> skill_roots;  ///< readable: the directories of the skills that lie outside the workspace
  std::vector<std::pair<std::string, std::string>> env;  ///< the values of variables an agent's sandbox may name
  std::string own_context;   ///< the user's own file of instructions for every project; need not exist
  bool sandbox_off = false;  ///< the user's own `--sandbox off`
};

/// What may be spent, and where that is kept.
struct Purse {
  /// Where the sessions' store keeps what it costs: in the same place, or, with sessions that are kept nowhere, apart.
  enum class Place { with_sessions, apart };

  std::vector<store::Budget> budgets;  ///< every one there is; empty: nothing is set aside
  store::Budgets* account = nullptr;   ///< null only where there are no budgets
  Place place = Place::with_sessions;
};

/// The variables that tell a command which span of a trace it works for: a call's, or its session's where that is
/// empty. Called from several threads at once.
using SpanVariables = std::function<std::vector<std::pair<std::string, std::string>>(const std::string& session,
                                                                                     const std::string& call)>;

/// What the engine works with, wired once by a face. All references outlive every run.
struct Services {
  store::Store& store;
  const tool::Registry& tools;  ///< without Task, which each agent gets made for it
  const sandbox::Sandbox& sandbox;
  chat::Interaction& interaction;
  chat::EventSink& sink;
  const secrets::Redactor& secrets;  ///< what must be in no event, in no store and in no request
  ModelOpener open_model;
  std::function<Result<void>(const chat::Rule&)> save_rule;  ///< "always": kept for the user
  std::vector<chat::AgentDefinition> subagents;
  std::vector<chat::SkillDefinition> skills;
  Surroundings surroundings;
  Purse purse{};
  http::Transport* web = nullptr;       ///< what fetches pages; null: there is no network
  double compact_at = 0.8;              ///< the share of a model's window at which a conversation is made shorter
  tool::Notes* notes = nullptr;         ///< what is kept across sessions; null: nothing is
  chat::EventSink* observer = nullptr;  ///< hears of every run what `sink` hears, of several at once; null: nobody
  SpanVariables span_variables{};       ///< empty: commands belong to no trace
  tool::Servers* servers = nullptr;     ///< where the tools of `mcp_servers` come from; null: nowhere
};

}  // namespace errand::agent
