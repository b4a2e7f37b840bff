#include <algorithm>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "chat/names.hpp"
#include "tool/arguments.hpp"
#include "tool/builtin.hpp"

namespace errand::tool {

namespace {

using Verdict = chat::PlanAnswer::Verdict;

const chat::ToolSpec exit_plan_spec{
    .name = "ExitPlanMode",
    .description =
        "You are in plan mode: nothing can be changed yet. Once you know how to do what was asked, present the "
        "plan with this tool; the user approves, changes or rejects it. What only asks for an answer needs "
        "no plan.",
    .input_schema = R"({"type":"object","properties":{"plan":{"type":"string","minLength":1,)"
                    R"("description":"Markdown: what will be changed, where, in which steps"}},"required":["plan"],)"
                    R"("additionalProperties":false})",
    .effect = chat::Effect::question,
    .parallel_safe = false,
};

// "- this", "* this", "3. this" at the beginning of a line; empty for others.
std::string_view item_in(std::string_view line) {
  auto at = line.find_first_not_of("0123456789");
  if (at == std::string_view::npos) return {};
  const bool is_mark = at == 0 ? line[at] == '-' || line[at] == '*' : line[at] == '.' || line[at] == ')';
  return is_mark && line.substr(at + 1).starts_with(' ') ? text::trim(line.substr(at + 2)) : std::string_view();
}

std::vector<std::string> steps_of(const std::string& plan) {
  std::vector<std::string> out;
  for (const auto& line : text::lines(plan)) {
    if (const auto item = item_in(line); !item.empty()) out.emplace_back(item);
  }
  return out;
}

Output error_output(std::string text) {
  auto out = text_output(std::move(text));
  out.is_error = true;
  return out;
}

class ExitPlanModeTool final : public Tool {
 public:
  [[nodiscard]] const chat::ToolSpec& spec() const override { return exit_plan_spec; }

  [[nodiscard]] std::string summary(const Json& input) const override {
    return fmt::format("ExitPlanMode {}", text::first_line(text::trim(string_at(input, "plan"))));
  }

  Result<Output> run(const Json& input, const Context& context, const Call& call) override {
    if (!context.leave_plan) return error_output("this is no plan mode: go on without asking for it");
    if (!context.interaction.available()) {
      return error_output("no one is here to approve a plan; give it as your answer");
    }
    const auto plan = unicode::sanitize(string_at(input, "plan"));
    report(context, chat::event::Plan{context.call_id, plan, steps_of(plan)});
    auto answer = context.interaction.review(plan, call);
    ERRAND_TRY(call.check());
    if (!answer) {
      return error_output(
          fmt::format("no answer came ({}); plan mode stays, give the plan as your answer", answer.error().message));
    }
    return answer->verdict == Verdict::approve ? approved(plan, *answer, context) : rejected(*answer, context);
  }

 private:
  static void report(const Context& context, chat::EventBody event) {
    if (context.report) context.report(std::move(event));
  }

  static Output approved(const std::string& plan, const chat::PlanAnswer& answer, const Context& context) {
    const auto mode = std::string(chat::name_of(answer.mode));
    const bool changed = text::trim(answer.plan) != text::trim(plan);
    context.leave_plan(answer.mode);
    report(context, chat::event::PlanApproval{context.call_id, changed ? "edit" : "approve", mode,
                                              changed ? answer.plan : std::string()});
    auto out = fmt::format(
        "The user approved the plan. Plan mode is over, permission mode \"{}\" holds now: carry it out.", mode);
    if (changed) out += fmt::format(" The user changed the plan; it is this one now:\n\n{}", answer.plan);
    return text_output(std::move(out));
  }

  static Output rejected(const chat::PlanAnswer& answer, const Context& context) {
    report(context, chat::event::PlanApproval{context.call_id, "reject", {}, answer.reason});
    const auto why = answer.reason.empty() ? std::string(".") : fmt::format(": {}", answer.reason);
    return error_output(fmt::format(
        "The user rejected the plan{}\nPlan mode stays.{}", why,
        answer.reason.empty() ? " Ask what should be different, or stop." : " Change the plan and present it again."));
  }
};

}  // namespace

std::unique_ptr<Tool> make_exit_plan_mode() {
  return std::make_unique<ExitPlanModeTool>();
}

}  // namespace errand::tool
