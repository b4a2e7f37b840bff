#include "agent/tell_hooks.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/try.hpp"

namespace errand::agent {

namespace {

using chat::HookEvent;

Json call_fields(const PlannedCall& plan) {
  return {{"tool_name", plan.tool->spec().name}, {"tool_input", *plan.input}, {"tool_use_id", plan.call.id}};
}

HookSubject subject_of(const PlannedCall& plan, const policy::CallFacts& facts) {
  return {plan.tool->spec().name, &facts};
}

}  // namespace

Result<HookOutcome> HookTeller::tell(HookEvent event, const HookSubject& subject, const Json& fields) const {
  auto all = fields;
  all["prompt_id"] = reporter.stream().run();
  auto outcome = agent.hooks.run(event, subject, all, call);
  std::vector<chat::EventBody> notices(outcome.notices.begin(), outcome.notices.end());
  if (!notices.empty()) ERRAND_TRY(reporter.record(std::move(notices)));
  return outcome;
}

Result<HookOutcome> tell_before_call(const HookTeller& teller, const PlannedCall& plan,
                                     const policy::CallFacts& facts) {
  return teller.tell(HookEvent::pre_tool_use, subject_of(plan, facts), call_fields(plan));
}

Result<HookOutcome> tell_of_change(const HookTeller& teller, const PlannedCall& plan, const policy::CallFacts& facts,
                                   const std::string& changed_by) {
  auto subject = subject_of(plan, facts);
  subject.left_out = changed_by;
  return teller.tell(HookEvent::pre_tool_use, subject, call_fields(plan));
}

Result<HookOutcome> tell_of_request(const HookTeller& teller, const PlannedCall& plan, const policy::CallFacts& facts) {
  return teller.tell(HookEvent::permission_request, subject_of(plan, facts), call_fields(plan));
}

Result<void> tell_of_question(const HookTeller& teller, const PlannedCall& plan) {
  constexpr std::string_view type = "permission_prompt";
  const Json fields = {{"message", fmt::format("{} needs your permission to use {}", teller.agent.definition.name,
                                               plan.tool->spec().name)},
                       {"notification_type", type}};
  ERRAND_TRY(teller.tell(HookEvent::notification, {type, nullptr}, fields));
  return {};
}

Result<HookOutcome> tell_after_call(const HookTeller& teller, const PlannedCall& plan, const policy::CallFacts& facts,
                                    const chat::ToolResult& result, std::chrono::milliseconds duration) {
  auto fields = call_fields(plan);
  fields["duration_ms"] = duration.count();
  auto text = chat::text_of(result.content);
  if (!result.is_error) {
    fields["tool_response"] = std::move(text);
    return teller.tell(HookEvent::post_tool_use, subject_of(plan, facts), fields);
  }
  fields["error"] = std::move(text);
  fields["is_interrupt"] = false;
  return teller.tell(HookEvent::post_tool_use_failure, subject_of(plan, facts), fields);
}

Result<HookOutcome> tell_of_stop(const HookTeller& teller, StopHooks which, const std::string& answer) {
  Json fields = {{"stop_hook_active", which == StopHooks::again}, {"last_assistant_message", answer}};
  if (teller.agent.depth == 0) return teller.tell(HookEvent::stop, {}, fields);
  fields["agent_transcript_path"] = "";
  return teller.tell(HookEvent::subagent_stop, {teller.agent.definition.id, nullptr}, fields);
}

Result<HookOutcome> tell_of_compaction(const HookTeller& teller, const std::string& reason) {
  const std::string_view trigger = reason == "user" ? "manual" : "auto";
  return teller.tell(HookEvent::pre_compact, {trigger, nullptr}, {{"trigger", trigger}, {"custom_instructions", ""}});
}

void add_context(std::vector<chat::UserBlock>& content, HookEvent event, const std::vector<std::string>& context) {
  for (const auto& text : context) {
    content.emplace_back(chat::Text{fmt::format("[{} hook]\n{}", chat::name_of(event), text)});
  }
}

}  // namespace errand::agent
