#include <catch2/catch.hpp>

#include "support/tool_bench.hpp"

namespace errand::tool {
namespace {

using chat::PermissionMode;
using chat::PlanAnswer;

const Json& plan() {
  static const Json input =
      Json::parse(R"({"plan":"Change it:\n\n1. read\n2. wr\u001b[31mite\n   - inner\n- test\n1.5 is no item"})");
  return input;
}

constexpr std::string_view shown = "Change it:\n\n1. read\n2. wr⟦escape⟧ite\n   - inner\n- test\n1.5 is no item";

struct Reviewed {
  std::string result;
  bool is_error = false;
  std::vector<PermissionMode> left_for;
  std::vector<chat::EventBody> events;
};

Reviewed reviewed(const Result<PlanAnswer>& answer) {
  test::ToolBench bench;
  Reviewed out;
  bench.person.plan_answer = answer;
  bench.leave_plan = [&](PermissionMode mode) { out.left_for.push_back(mode); };
  const auto output = bench.call("ExitPlanMode", plan()).value();
  CHECK(bench.person.reviewed == std::vector<std::string>{std::string(shown)});
  out.result = chat::text_of(output.content);
  out.is_error = output.is_error;
  out.events = std::move(bench.events);
  return out;
}

TEST_CASE("ExitPlanMode: an approval ends plan mode, and a changed plan reaches the model", "[tool][plan]") {
  const auto same = reviewed(PlanAnswer{PlanAnswer::Verdict::approve, PermissionMode::ask, std::string(shown), ""});
  CHECK_FALSE(same.is_error);
  CHECK(same.result ==
        "The user approved the plan. Plan mode is over, permission mode \"ask\" holds now: carry it out.");
  CHECK(same.left_for == std::vector{PermissionMode::ask});
  REQUIRE(same.events.size() == 2);
  const auto& presented = std::get<chat::event::Plan>(same.events[0]);
  CHECK(presented.text == shown);
  CHECK(presented.steps == std::vector<std::string>{"read", "wr⟦escape⟧ite", "test"});
  CHECK(std::get<chat::event::PlanApproval>(same.events[1]).decision == "approve");

  const auto changed = reviewed(PlanAnswer{PlanAnswer::Verdict::approve, PermissionMode::automatic, "1. less", ""});
  CHECK(changed.result ==
        "The user approved the plan. Plan mode is over, permission mode \"auto\" holds now: carry it out. The user "
        "changed the plan; it is this one now:\n\n1. less");
  CHECK(changed.left_for == std::vector{PermissionMode::automatic});
  const auto& approval = std::get<chat::event::PlanApproval>(changed.events.at(1));
  CHECK(approval.decision == "edit");
  CHECK(approval.mode == "auto");
  CHECK(approval.text == "1. less");
}

TEST_CASE("ExitPlanMode: after a rejection, and when no answer comes, plan mode stays", "[tool][plan]") {
  const auto no = reviewed(PlanAnswer{PlanAnswer::Verdict::reject, PermissionMode::ask, "", "too much"});
  CHECK(no.is_error);
  CHECK(no.result == "The user rejected the plan: too much\nPlan mode stays. Change the plan and present it again.");
  CHECK(no.left_for.empty());
  CHECK(std::get<chat::event::PlanApproval>(no.events.at(1)).decision == "reject");
  CHECK(std::get<chat::event::PlanApproval>(no.events.at(1)).text == "too much");

  const auto lost = reviewed(fail(ErrorKind::failure, "the terminal is gone"));
  CHECK(lost.is_error);
  CHECK(lost.result == "no answer came (the terminal is gone); plan mode stays, give the plan as your answer");
  CHECK(lost.left_for.empty());
  CHECK(lost.events.size() == 1);
}

TEST_CASE("ExitPlanMode: elsewhere it is refused", "[tool][plan]") {
  test::ToolBench bench;
  CHECK(bench.text("ExitPlanMode", plan()) == "this is no plan mode: go on without asking for it");
  bench.leave_plan = [](PermissionMode) { FAIL("nobody approved it"); };
  CHECK(bench.text("ExitPlanMode", plan()) == "no one is here to approve a plan; give it as your answer");
}

}  // namespace
}  // namespace errand::tool
