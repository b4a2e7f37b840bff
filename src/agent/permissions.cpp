#include "agent/permissions.hpp"

#include <algorithm>

#include "chat/rule.hpp"

namespace errand::agent {

namespace {

using policy::Decision;
using policy::Outcome;

int strictness(Outcome outcome) {
  switch (outcome) {
    case Outcome::allow:
      return 0;
    case Outcome::ask:
      return 1;
    case Outcome::deny:
      return 2;
  }
  return 2;
}

// Of two that ask, the one whose rule does: what a rule asks is asked of the person alone.
bool is_stricter(const Decision& one, const Decision& other) {
  if (one.outcome != other.outcome) return strictness(one.outcome) > strictness(other.outcome);
  return one.outcome == Outcome::ask && !one.rule.empty() && other.rule.empty();
}

// A subagent that says nothing of its mode has none of its own: only its rules count, the parent's mode decides.
PermissionLayer layer_of(const chat::AgentDefinition& subagent) {
  return {subagent.rules, subagent.permission_mode_set ? subagent.permission_mode : chat::PermissionMode::bypass};
}

}  // namespace

Permissions Permissions::tightened_by(const chat::AgentDefinition& subagent) const {
  Permissions out = *this;
  out.layers_.push_back(layer_of(subagent));
  return out;
}

Decision Permissions::decide(const policy::CallFacts& call) const {
  return decide_with(grants_->rules(), call);
}

bool Permissions::would_allow(const std::string& allow_rule, const policy::CallFacts& call) const {
  const auto rule = chat::parse_rule(allow_rule, chat::RuleAction::allow, {});
  if (!rule) return false;
  auto granted = grants_->rules();
  granted.push_back(*rule);
  return decide_with(granted, call).outcome == Outcome::allow;
}

Decision Permissions::decide_with(const std::vector<chat::Rule>& granted, const policy::CallFacts& call) const {
  Decision strictest{Outcome::allow, "", "", ""};
  bool first = true;
  for (const auto& layer : layers_) {
    auto rules = layer.rules;
    rules.insert(rules.end(), granted.begin(), granted.end());
    auto decision = policy::decide(rules, first ? mode() : layer.mode, call, roots_);
    if (first || is_stricter(decision, strictest)) strictest = std::move(decision);
    first = false;
  }
  return strictest;
}

bool Permissions::is_denied_whole(std::string_view tool) const {
  return std::ranges::any_of(layers_, [&](const auto& layer) { return policy::is_denied_whole(layer.rules, tool); });
}

std::function<bool(std::string_view)> Permissions::reader(std::string_view tool) const {
  std::vector<policy::ReadFilter> filters;
  for (const auto& layer : layers_) filters.emplace_back(layer.rules, tool, roots_);
  return [filters = std::move(filters)](std::string_view path) {
    return std::ranges::none_of(filters, [&](const auto& filter) { return filter.denies(path); });
  };
}

void Permissions::leave_plan(chat::PermissionMode mode) const {
  if (this->mode() == chat::PermissionMode::plan) use_mode(mode);
}

void Permissions::use_mode(chat::PermissionMode mode) const {
  chosen_->with([&](auto& chosen) { chosen = mode; });
}

chat::PermissionMode Permissions::mode() const {
  const auto own = layers_.front().mode;
  return chosen_->with([&](const auto& chosen) { return chosen.value_or(own); });
}

void Permissions::grant(const chat::Rule& rule, Grants::Reach reach) const {
  grants_->add(rule, reach);
}

}  // namespace errand::agent
