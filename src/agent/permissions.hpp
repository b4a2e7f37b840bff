#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/grants.hpp"
#include "base/sync.hpp"
#include "chat/agent.hpp"
#include "policy/policy.hpp"

namespace errand::agent {

/// An agent's own word on what may be done. A subagent's stands below its parent's: the strictest of all decides.
struct PermissionLayer {
  std::vector<chat::Rule> rules;
  chat::PermissionMode mode = chat::PermissionMode::ask;
};

/// What an agent may do. Thread-safe.
class Permissions {
 public:
  /// `grants`: what the person allows and has allowed; shared.
  Permissions(policy::Roots roots, PermissionLayer layer, std::shared_ptr<Grants> grants = std::make_shared<Grants>())
      : roots_(std::move(roots)), layers_{std::move(layer)}, grants_(std::move(grants)) {}

  /// The same, made tighter by a subagent's definition; what the person granted for this session is shared.
  [[nodiscard]] Permissions tightened_by(const chat::AgentDefinition& subagent) const;

  [[nodiscard]] policy::Decision decide(const policy::CallFacts& call) const;

  /// Whether the call needs no question once `allow_rule` (as written) is granted.
  [[nodiscard]] bool would_allow(const std::string& allow_rule, const policy::CallFacts& call) const;

  [[nodiscard]] bool is_denied_whole(std::string_view tool) const;

  /// What `tool` may read, for walks over many files: one predicate, made once.
  [[nodiscard]] std::function<bool(std::string_view absolute_path)> reader(std::string_view tool) const;

  /// A rule that the person gave: it holds for every layer from now on.
  void grant(const chat::Rule& rule, Grants::Reach reach = Grants::Reach::session) const;

  /// Plan mode is over: from now on `mode` decides in its place, for subagents too. Nothing happens in another mode.
  void leave_plan(chat::PermissionMode mode) const;

  /// From now on `mode` decides in the place of the root agent's own, for its subagents too: the person wants it so in
  /// the middle of a run.
  void use_mode(chat::PermissionMode mode) const;

  [[nodiscard]] chat::PermissionMode mode() const;

 private:
  [[nodiscard]] policy::Decision decide_with(const std::vector<chat::Rule>& granted,
                                             const policy::CallFacts& call) const;

  policy::Roots roots_;
  std::vector<PermissionLayer> layers_;  // the root agent's first
  std::shared_ptr<Grants> grants_;
  using Chosen = Sync<std::optional<chat::PermissionMode>>;
  std::shared_ptr<Chosen> chosen_ = std::make_shared<Chosen>();  // in the place of the root's mode
};

}  // namespace errand::agent
