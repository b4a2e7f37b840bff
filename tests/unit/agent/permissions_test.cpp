#include "agent/permissions.hpp"

#include <catch2/catch.hpp>

using namespace errand;
using chat::PermissionMode;
using chat::RuleAction;
using policy::Outcome;

namespace {

const policy::Roots roots{"/ws", "/home/u"};

policy::CallFacts bash(const std::string& command) {
  return {.tool = "Bash", .effect = chat::Effect::execute, .command = command, .contained = true};
}

chat::Rule rule(RuleAction action, const std::string& spec) {
  return {action, "Bash", spec, "test"};
}

chat::AgentDefinition subagent(std::vector<chat::Rule> rules) {
  chat::AgentDefinition definition;
  definition.rules = std::move(rules);
  return definition;
}

}  // namespace

TEST_CASE("permissions: a subagent can't allow what its parent denies or asks about", "[agent][permissions]") {
  const agent::Permissions parent(roots, {{rule(RuleAction::deny, "rm *")}, PermissionMode::ask});
  auto definition = subagent({rule(RuleAction::allow, "*")});
  definition.permission_mode = PermissionMode::bypass;
  definition.permission_mode_set = true;
  const auto child = parent.tightened_by(definition);
  CHECK(child.decide(bash("rm x")).outcome == Outcome::deny);
  CHECK(child.decide(bash("make")).outcome == Outcome::ask);
}

TEST_CASE("permissions: a subagent without words of its own has its parent's", "[agent][permissions]") {
  const agent::Permissions parent(roots, {{rule(RuleAction::allow, "make *")}, PermissionMode::ask});
  const auto child = parent.tightened_by(subagent({}));
  CHECK(child.decide(bash("make test")).outcome == Outcome::allow);
  CHECK(child.decide(bash("git push")).outcome == Outcome::ask);
}

TEST_CASE("permissions: a subagent's own deny holds, for it alone", "[agent][permissions]") {
  const agent::Permissions parent(roots, {{}, PermissionMode::automatic});
  const auto child = parent.tightened_by(subagent({rule(RuleAction::deny, "make *")}));
  CHECK(child.decide(bash("make test")).outcome == Outcome::deny);
  CHECK(parent.decide(bash("make test")).outcome == Outcome::allow);
}

TEST_CASE("permissions: what the person grants holds for parent and children alike", "[agent][permissions]") {
  const agent::Permissions parent(roots, {{}, PermissionMode::ask});
  const auto child = parent.tightened_by(subagent({}));
  child.grant(rule(RuleAction::allow, "make *"));
  CHECK(parent.decide(bash("make test")).outcome == Outcome::allow);
  CHECK(child.decide(bash("make test")).outcome == Outcome::allow);
}

TEST_CASE("permissions: where mode and rule both ask, the rule is named, whoever's it is", "[agent][permissions]") {
  const agent::Permissions parent(roots, {{}, PermissionMode::ask});
  const auto child = parent.tightened_by(subagent({rule(RuleAction::ask, "make *")}));
  CHECK(child.decide(bash("make test")).rule == "Bash(make *)");
  CHECK(child.decide(bash("ls")).rule.empty());
}

TEST_CASE("permissions: a rule that lets only a part of a line pass does not let it pass", "[agent][permissions]") {
  const agent::Permissions all(roots, {{rule(RuleAction::ask, "git *")}, PermissionMode::ask});
  CHECK(all.would_allow("Bash(make)", bash("make")));
  CHECK_FALSE(all.would_allow("Bash(make)", bash("make; touch evil")));
  CHECK_FALSE(all.would_allow("Bash(git push)", bash("git push")));
  CHECK_FALSE(all.would_allow("", bash("make")));
  CHECK(all.decide(bash("make")).outcome == Outcome::ask);
}

TEST_CASE("permissions: what follows plan mode holds for the root and those below, and for no other mode",
          "[agent][permissions]") {
  const agent::Permissions planning(roots, {{rule(RuleAction::deny, "rm *")}, PermissionMode::plan});
  const auto child = planning.tightened_by(subagent({}));
  auto planner = subagent({});
  planner.permission_mode = PermissionMode::plan;
  planner.permission_mode_set = true;
  const auto planning_child = planning.tightened_by(planner);
  CHECK(planning.mode() == PermissionMode::plan);
  CHECK(child.decide(bash("make")).outcome == Outcome::deny);
  planning.leave_plan(PermissionMode::automatic);
  CHECK(planning.mode() == PermissionMode::automatic);
  CHECK(planning.decide(bash("make")).outcome == Outcome::allow);
  CHECK(child.decide(bash("make")).outcome == Outcome::allow);
  CHECK(planning_child.decide(bash("make")).outcome == Outcome::deny);
  CHECK(planning.decide(bash("rm x")).outcome == Outcome::deny);

  const agent::Permissions denying(roots, {{}, PermissionMode::deny});
  denying.leave_plan(PermissionMode::bypass);
  CHECK(denying.mode() == PermissionMode::deny);
}

TEST_CASE("permissions: a mode that is chosen in the middle holds for the root and those below",
          "[agent][permissions]") {
  const agent::Permissions asking(roots, {{rule(RuleAction::deny, "rm *")}, PermissionMode::ask});
  const auto child = asking.tightened_by(subagent({}));
  CHECK(child.decide(bash("make")).outcome == Outcome::ask);
  asking.use_mode(PermissionMode::automatic);
  CHECK(asking.mode() == PermissionMode::automatic);
  CHECK(child.decide(bash("make")).outcome == Outcome::allow);
  CHECK(child.decide(bash("rm x")).outcome == Outcome::deny);
  asking.use_mode(PermissionMode::ask);
  CHECK(child.decide(bash("make")).outcome == Outcome::ask);
}
