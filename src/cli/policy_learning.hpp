#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json_fwd.hpp"
#include "base/time.hpp"
#include "policy/policy.hpp"
#include "store/session_store.hpp"

namespace errand::cli {

/// A call that a run was refused.
struct PastDenial {
  std::string agent;
  std::string tool;
  std::string input;  ///< JSON text, as it was stored: without secrets
  Timestamp time{};
};

/// What the runs of a project were refused: all denials their sessions have kept, the oldest first. An empty `agent` is
/// any. Fails with `storage`.
Result<std::vector<PastDenial>> past_denials(store::SessionStore& store, const std::string& project,
                                             const std::string& agent, std::optional<Timestamp> since);

/// An allow rule that past denials speak for.
struct LearnedRule {
  std::string rule;
  int count = 0;  ///< calls it would have let through
  Timestamp last{};
  std::set<std::string> agents;
};

struct Learned {
  std::vector<LearnedRule> rules;  ///< the most frequent first
  int allowed = 0;                 ///< calls that are allowed by now
  int forbidden = 0;               ///< calls that a deny rule, or the agent's mode, forbids: never proposed
  int unclear = 0;                 ///< calls no narrow rule would allow, or that this agent can't make any more
};

/// Decides today what an agent may do.
using Decide = std::function<Result<policy::Decision>(const PastDenial&)>;

/// The narrowest rules that would have allowed them. Never proposed: a whole tool, a rule with something in it that was
/// taken out as a secret, writing what is protected (git's hooks), and what is more than one simple command.
Learned learn_rules(const std::vector<PastDenial>& denials, const Decide& decide);

}  // namespace errand::cli
