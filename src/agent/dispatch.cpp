#include "agent/dispatch.hpp"

#include <algorithm>
#include <atomic>
#include <memory>

#include <fmt/format.h>

#include "agent/documents.hpp"
#include "agent/look.hpp"
#include "agent/overwrite.hpp"
#include "agent/preview.hpp"
#include "agent/redaction.hpp"
#include "agent/result_text.hpp"
#include "agent/snapshot.hpp"
#include "agent/task_group.hpp"
#include "agent/tell_hooks.hpp"
#include "base/id.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "base/overloaded.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"
#include "chat/event_json.hpp"
#include "chat/rule.hpp"
#include "chat/tool_names.hpp"

namespace errand::agent {

namespace {

using chat::Effect;
using chat::HookEvent;
using policy::Decision;
using policy::Outcome;
using std::chrono::milliseconds;

// What a call needs to run, once it was decided upon.
struct Prepared {
  const PlannedCall* plan = nullptr;
  std::unique_ptr<const PlannedCall> changed;  // what `plan` points to, once a hook changed the call
  policy::CallFacts facts;
  std::vector<sandbox::Resolved> targets;
  sandbox::Leave leave = sandbox::Leave::roots_only;
  std::optional<std::string> refusal;  // for the model
  bool denied = false;
  bool is_foreseeable = true;        // nothing that runs before it changes what it finds
  std::vector<std::string> context;  // from hooks, for the model
};

constexpr std::string_view ended_by_hook = "not run: a hook ended the run";

// Who may say yes where a call asks. What a rule, the doubt about one or another hook asks is for the person alone.
enum class StandIn { person_only, hook_too };

enum class Fate { succeeded, failed, denied };

struct Settled {
  chat::ToolResult result;
  Fate fate = Fate::failed;
};

class Dispatch {
 public:
  Dispatch(const DispatchScope& scope, const Call& call) : scope_(scope), call_(call) {}

  // After the calls of the same reply that stand before it.
  Result<Prepared> prepare(const PlannedCall& plan, const std::vector<Prepared>& earlier) {
    Prepared prepared{.plan = &plan, .changed = nullptr, .facts = {}, .targets = {}, .refusal = {}, .context = {}};
    look(prepared);
    HookOutcome said;
    if (!prepared.refusal && scope_.agent.hooks.has(HookEvent::pre_tool_use)) {
      ERRAND_TRY_ASSIGN(said, hear_before(prepared));
    }
    prepared.is_foreseeable = std::ranges::none_of(
        earlier, [&](const Prepared& one) { return !one.refusal && may_change(one.facts, prepared.facts); });
    if (!prepared.refusal) ERRAND_TRY(decide(said, prepared));
    return prepared;
  }

  Settled run(const Prepared& prepared) {
    const auto started = Call::Clock::now();
    auto settled = prepared.refusal ? refused(prepared) : run_tool(prepared);
    const auto duration = std::chrono::duration_cast<milliseconds>(Call::Clock::now() - started);
    add_context(settled.result.content, HookEvent::pre_tool_use, prepared.context);
    hear_after(prepared, settled.result, duration);
    return keep(prepared, std::move(settled), duration);
  }

  // The first error that must end the run (a result that could not be kept).
  [[nodiscard]] std::optional<Error> fatal() const {
    return fatal_.with([](const auto& error) { return error; });
  }

  [[nodiscard]] bool ended() const { return ended_; }

 private:
  // What permissions and tool have to know of the call; a refusal when that can't be had.
  void look(Prepared& prepared) {
    const auto& plan = *prepared.plan;
    if (ended_) prepared.refusal = ended_by_hook;
    if (plan.tool == nullptr) prepared.refusal = plan.refusal;
    if (prepared.refusal) return;
    auto looked = look_at(plan, scope_.agent);
    if (!looked) {
      prepared.refusal = looked.error().message;
      return;
    }
    prepared.facts = std::move(looked->facts);
    prepared.targets = std::move(looked->targets);
    prepared.leave = looked->leave;
  }

  // What hooks say before anything is decided. A call they change is read and looked at anew, and the others hear of it
  // once more as it is now: a guard is not to be walked around by another hook's change.
  Result<HookOutcome> hear_before(Prepared& prepared) {
    ERRAND_TRY_ASSIGN(auto said, tell_before_call(teller(), *prepared.plan, prepared.facts));
    if (!said.blocks() && !said.updated_input.empty()) {
      change(prepared, said.updated_input);
      if (!prepared.refusal) {
        ERRAND_TRY_ASSIGN(auto again, tell_of_change(teller(), *prepared.plan, prepared.facts, said.changed_by));
        said = after_change(std::move(said), std::move(again));
      }
    }
    prepared.context = std::move(said.context);
    if (said.blocks()) {
      ERRAND_TRY(record_verdict(*prepared.plan, "deny", "hook"));
      obey(prepared, said);
    }
    return said;
  }

  void change(Prepared& prepared, const std::string& input) {
    auto call = prepared.plan->call;
    call.arguments = input;
    prepared.changed = std::make_unique<PlannedCall>(plan_calls({call}, {prepared.plan->tool}).front());
    prepared.plan = prepared.changed.get();
    look(prepared);
    if (prepared.refusal) prepared.refusal = "a hook changed this call, and now " + *prepared.refusal;
  }

  // What hooks say of a call that ran stands behind its result.
  void hear_after(const Prepared& prepared, chat::ToolResult& result, milliseconds duration) {
    const auto event = result.is_error ? HookEvent::post_tool_use_failure : HookEvent::post_tool_use;
    if (prepared.refusal || !scope_.agent.hooks.has(event) || !call_.check()) return;
    auto said = tell_after_call(teller(), *prepared.plan, prepared.facts, result, duration);
    if (!said) return set_fatal(said.error());
    if (said->updated_output) result.content = {chat::Text{*std::move(said->updated_output)}};
    if (said->verdict == HookOutcome::Verdict::deny) said->context.push_back(std::move(said->reason));
    add_context(result.content, event, said->context);
    if (said->ends_run) ended_ = true;
  }

  // A hook's word counts less than a deny rule and, where it allows, than an ask rule; it can always be stricter.
  Result<void> decide(const HookOutcome& said, Prepared& prepared) {
    const auto& plan = *prepared.plan;
    auto decision = scope_.agent.permissions.decide(prepared.facts);
    if (decision.outcome == Outcome::deny) {
      ERRAND_TRY(record_verdict(plan, "deny", decision.rule.empty() ? "policy" : "rule"));
      deny(prepared, decision.reason);
      return {};
    }
    const bool hook_asks = said.verdict == HookOutcome::Verdict::ask;
    if (hook_asks) decision = asked_by_hook(std::move(decision), said.reason);
    if (decision.outcome == Outcome::allow) return {};
    const auto stands_in = hook_asks || !decision.rule.empty() ? StandIn::person_only : StandIn::hook_too;
    if (said.verdict == HookOutcome::Verdict::allow && stands_in == StandIn::hook_too)
      return record_verdict(plan, "allow", "hook");
    // A line of several commands may need several rules; one that would not let it pass is no answer to offer.
    if (!scope_.agent.permissions.would_allow(decision.suggested_rule, prepared.facts)) decision.suggested_rule.clear();
    auto preview = foresee(prepared);
    if (prepared.refusal) return {};
    return ask(decision, stands_in, preview, prepared);
  }

  // What the person will be shown of a change. A call that can't work is told so rather than asked about.
  std::string foresee(Prepared& prepared) {
    if (const auto go_on = call_.check(); !go_on && go_on.error().kind == ErrorKind::cancelled) {
      prepared.refusal = cut_text(go_on.error());
      return {};
    }
    if (!prepared.is_foreseeable || !scope_.tree.services.interaction.available()) return {};
    auto preview = preview_of(*prepared.plan, context_for(prepared), scope_.agent, scope_.reporter.secrets());
    if (preview) return *std::move(preview);
    prepared.refusal = for_model(preview.error());
    return {};
  }

  static Decision asked_by_hook(Decision decision, const std::string& reason) {
    auto why = reason.empty() ? std::string("a hook wants it asked") : reason;
    if (decision.outcome != Outcome::ask) return {Outcome::ask, {}, std::move(why), {}};
    decision.reason += "; " + why;
    decision.suggested_rule.clear();  // it would not keep the hook from asking
    return decision;
  }

  Result<void> record_verdict(const PlannedCall& plan, const char* word, const char* by) {
    return scope_.reporter.record({chat::event::Approval{make_uuid7(now()), plan.call.id, word, by}});
  }

  // Asks the person; where there is none, or the question fails, that is a denial.
  Result<void> ask(const Decision& decision, StandIn stands_in, const std::string& preview, Prepared& prepared) {
    const auto& plan = *prepared.plan;
    const chat::event::ApprovalRequest request{make_uuid7(now()), plan.call.id,
                                               decision.rule.empty() ? decision.reason : decision.rule,
                                               decision.suggested_rule};
    auto& interaction = scope_.tree.services.interaction;
    const auto verdict = [&](const char* word, const char* by) {
      return chat::event::Approval{request.id, plan.call.id, word, by};
    };
    if (scope_.agent.hooks.has(HookEvent::permission_request)) {
      ERRAND_TRY_ASSIGN(const auto said, tell_of_request(teller(), plan, prepared.facts));
      if (said.verdict == HookOutcome::Verdict::allow && stands_in == StandIn::hook_too)
        return scope_.reporter.record({request, verdict("allow", "hook")});
      if (said.blocks()) {
        ERRAND_TRY(scope_.reporter.record({request, verdict("deny", "hook")}));
        obey(prepared, said);
        return {};
      }
    }
    if (!interaction.available()) {
      ERRAND_TRY(scope_.reporter.record({request, verdict("deny", "policy")}));
      deny(prepared, fmt::format("it needs approval ({}) and no one is here to give it", decision.reason));
      return {};
    }
    ERRAND_TRY(scope_.reporter.record({request}));
    if (scope_.agent.hooks.has(HookEvent::notification)) ERRAND_TRY(tell_of_question(teller(), plan));
    const auto answer = put_question(plan, decision, preview);
    const bool allowed = answer && answer->verdict != chat::Verdict::deny;
    const bool is_cancelled = !answer && answer.error().kind == ErrorKind::cancelled;
    const auto* const by = answer || is_cancelled ? "user" : "policy";
    ERRAND_TRY(scope_.reporter.record({verdict(allowed ? "allow" : "deny", by)}));
    if (is_cancelled) {
      prepared.refusal = cut_text(answer.error());
      return {};
    }
    if (!allowed) {
      deny(prepared, denial_reason(answer));
      return {};
    }
    remember(answer->verdict, decision);
    return {};
  }

  Result<chat::ApprovalAnswer> put_question(const PlannedCall& plan, const Decision& decision,
                                            const std::string& preview) {
    const std::lock_guard one_at_a_time(scope_.tree.asking);
    const auto& secrets = scope_.reporter.secrets();
    auto detail = preview.empty() ? secrets.clean(unicode::sanitize(what_is_asked(plan))) : preview;
    return scope_.tree.services.interaction.approve({.tool = plan.tool->spec().name,
                                                     .summary = secrets.clean(plan.summary),
                                                     .detail = std::move(detail),
                                                     .reason = decision.reason,
                                                     .suggested_rule = decision.suggested_rule,
                                                     .agent_path = scope_.agent.path,
                                                     .directory = scope_.agent.cwd},
                                                    call_);
  }

  // What rules go by, where the call says it in so many words; else all of the call: a host is not the address, and
  // what is sent may stand behind it.
  static std::string what_is_asked(const PlannedCall& plan) {
    const auto subject = plan.tool->subject(*plan.input);
    const bool said = !subject.empty() && std::ranges::any_of(*plan.input, [&](const Json& value) {
      return value.is_string() && value.get_ref<const std::string&>() == subject;
    });
    return said ? subject : plan.input->dump(2, ' ', false, Json::error_handler_t::replace);
  }

  static std::string denial_reason(const Result<chat::ApprovalAnswer>& answer) {
    if (!answer) return fmt::format("the question could not be answered: {}", answer.error().message);
    return answer->reason.empty() ? "the user said no" : fmt::format("the user said no: {}", answer->reason);
  }

  // A rule that can't be kept for later still holds for this session; the person is told.
  void remember(chat::Verdict verdict, const Decision& decision) {
    if (verdict == chat::Verdict::allow_once || decision.suggested_rule.empty()) return;
    auto rule = chat::parse_rule(decision.suggested_rule, chat::RuleAction::allow, "this session");
    if (!rule) return;
    const bool is_kept = verdict == chat::Verdict::allow_always && save(*rule);
    if (is_kept) rule->origin = "kept for you";
    scope_.agent.permissions.grant(*rule, is_kept ? Grants::Reach::kept : Grants::Reach::session);
  }

  bool save(const chat::Rule& rule) {
    if (!scope_.tree.services.save_rule) return false;
    const auto tell = [&](std::string why) {
      scope_.reporter.tell(chat::event::Warning{"rule_not_saved", std::move(why)});
      return false;
    };
    if (scope_.reporter.secrets().finds_in(chat::to_string(rule)))
      return tell("the rule holds a secret; it holds in this session");
    if (const auto saved = scope_.tree.services.save_rule(rule); !saved) return tell(saved.error().message);
    return true;
  }

  void deny(Prepared& prepared, const std::string& reason) {
    prepared.denied = true;
    prepared.refusal = fmt::format(
        "denied: {}\nDo not try to get around it; go on without it, or say in your answer what is needed", reason);
    note_denial(*prepared.plan, reason);
  }

  // A hook that blocks a call is read in its own words by the model, which may act upon them.
  void obey(Prepared& prepared, const HookOutcome& said) {
    if (said.ends_run) {
      ended_ = true;
      prepared.refusal = ended_by_hook;
      return;
    }
    prepared.denied = true;
    prepared.refusal = fmt::format("blocked by a hook: {}", said.reason);
    note_denial(*prepared.plan, said.reason);
  }

  void note_denial(const PlannedCall& plan, const std::string& reason) {
    scope_.tree.denials.with([&](auto& denials) {
      denials.push_back({plan.call.id, plan.call.name, plan.call.arguments, reason});
    });
    scope_.tree.report.note_blocked(fmt::format("{}: {}", plan.summary, reason));
  }

  static Settled refused(const Prepared& prepared) {
    return {{prepared.plan->call.id, {chat::Text{*prepared.refusal}}, true},
            prepared.denied ? Fate::denied : Fate::failed};
  }

  Settled run_tool(const Prepared& prepared) {
    const auto& plan = *prepared.plan;
    if (const auto go_on = call_.check(); !go_on) return {cut_result(plan, go_on.error()), Fate::failed};
    if (ended_) return {{plan.call.id, {chat::Text{std::string(ended_by_hook)}}, true}, Fate::failed};
    const auto context = context_for(prepared);
    if (auto why = would_lose_secrets(plan, context, scope_.reporter.secrets()); !why.empty())
      return {{plan.call.id, {chat::Text{std::move(why)}}, true}, Fate::failed};
    auto kept = keep_before(context, scope_.tree.services.store, scope_.tree.session, written_targets(prepared));
    if (!kept) return failed(plan, std::move(kept).error());
    auto output = plan.tool->run(*plan.input, context, call_);
    if (auto noted = note_after(context, scope_.tree.services.store, *kept); !noted) set_fatal(noted.error());
    scope_.reporter.end_output(plan.call.id);
    if (output && !output->is_error) note_written(prepared);
    if (output) output = readable(*std::move(output));
    if (output) {
      return {{plan.call.id, std::move(output->content), output->is_error},
              output->is_error ? Fate::failed : Fate::succeeded};
    }
    return failed(plan, std::move(output).error());
  }

  // A PDF that Read gives is seen by whichever model answers; without one (ToolDesk) it stays as it is.
  Result<tool::Output> readable(tool::Output output) {
    if (!scope_.agent.provider) return output;
    const tool::PdfReader reader{.sandbox = scope_.tree.services.sandbox,
                                 .confined = scope_.agent.files->policy().enforced};
    const auto models = scope_.agent.provider->models();
    ERRAND_TRY_ASSIGN(output.content, readable_documents(std::move(output.content), models, reader, call_));
    return output;
  }

  static std::vector<sandbox::Resolved> written_targets(const Prepared& prepared) {
    std::vector<sandbox::Resolved> out;
    const auto wanted = prepared.plan->tool->targets(*prepared.plan->input);
    for (std::size_t i = 0; i < std::min(wanted.size(), prepared.targets.size()); ++i) {
      if (wanted[i].write) out.push_back(prepared.targets[i]);
    }
    return out;
  }

  void note_written(const Prepared& prepared) {
    for (const auto& target : written_targets(prepared)) scope_.tree.report.note_written(target.path);
  }

  Settled failed(const PlannedCall& plan, Error error) {
    if (call_.stop.stop_requested() || call_.expired()) return {cut_result(plan, error), Fate::failed};
    if (error.kind == ErrorKind::storage || error.kind == ErrorKind::internal) set_fatal(error);
    auto said = for_model(error);
    const bool denied = error.kind == ErrorKind::denied;
    if (denied) note_denial(plan, error.message);
    return {{plan.call.id, {chat::Text{std::move(said)}}, true}, denied ? Fate::denied : Fate::failed};
  }

  static std::string for_model(const Error& error) {
    return error.hint.empty() ? error.message : fmt::format("{} ({})", error.message, error.hint);
  }

  static std::string cut_text(const Error& why) {
    const auto* word = why.kind == ErrorKind::timeout ? "the run's time limit passed" : "the user cancelled the run";
    return fmt::format("cancelled: {} before this call ended", word);
  }

  static chat::ToolResult cut_result(const PlannedCall& plan, const Error& why) {
    return {plan.call.id, {chat::Text{cut_text(why)}}, true};
  }

  tool::Context context_for(const Prepared& prepared) {
    return {.files = *scope_.agent.files,
            .shell = scope_.tree.services.sandbox,
            .state = *scope_.session.state,
            .interaction = scope_.tree.services.interaction,
            .skills = scope_.agent.skills,
            .call_id = prepared.plan->call.id,
            .cwd = scope_.agent.cwd,
            .targets = prepared.targets,
            .leave = prepared.leave,
            .may_read = scope_.agent.permissions.reader(prepared.plan->tool->spec().name),
            .report = [this](chat::EventBody body) { report(std::move(body)); },
            .on_contact = [&book = scope_.tree.report](const sandbox::Contact& contact) { book.note_contact(contact); },
            .web = scope_.tree.services.web,
            .notes = scope_.tree.services.notes,
            .leave_plan = leaving_plan(),
            .env = variables_of(prepared.plan->call)};
  }

  [[nodiscard]] std::vector<std::pair<std::string, std::string>> variables_of(const chat::ToolCall& call) const {
    const auto& variables = scope_.tree.services.span_variables;
    if (!variables) return {};
    return variables(scope_.session.info.id, call.id);
  }

  // Only the one whose mode it is leaves it: subagents are not offered the tool.
  [[nodiscard]] std::function<void(chat::PermissionMode)> leaving_plan() const {
    if (scope_.agent.depth > 0 || scope_.agent.permissions.mode() != chat::PermissionMode::plan) return {};
    return [&permissions = scope_.agent.permissions](chat::PermissionMode mode) { permissions.leave_plan(mode); };
  }

  void report(chat::EventBody body) {
    if (!chat::is_lasting(body)) return scope_.reporter.tell(std::move(body));
    if (auto kept = scope_.reporter.record({std::move(body)}); !kept) set_fatal(kept.error());
  }

  // Keeps the result before the next request can depend on it.
  Settled keep(const Prepared& prepared, Settled settled, milliseconds duration) {
    settled.result = cleaned(std::move(settled.result), scope_.reporter.secrets());
    auto fitted = fit_result(std::move(settled.result.content), scope_.session.files_directory, settled.result.call_id);
    if (!fitted) {
      set_fatal(fitted.error());
      settled.result.content = {chat::Text{"the result could not be saved"}};
      settled.result.is_error = true;
      return settled;
    }
    settled.result.content = std::move(fitted->content);
    auto kept = scope_.reporter.record({chat::event::ToolResult{.message_id = make_uuid7(now()),
                                                                .result = settled.result,
                                                                .name = prepared.plan->call.name,
                                                                .duration = duration,
                                                                .truncated = fitted->truncated,
                                                                .saved_to = fitted->saved_to}});
    if (!kept) set_fatal(kept.error());
    return settled;
  }

  void set_fatal(const Error& error) {
    fatal_.with([&](auto& first) {
      if (!first) first = error;
    });
  }

  [[nodiscard]] HookTeller teller() const { return {scope_.agent, scope_.reporter, call_}; }

  const DispatchScope& scope_;
  const Call& call_;
  Sync<std::optional<Error>> fatal_;
  std::atomic<bool> ended_ = false;  // by a hook
};

std::size_t cap_for(const Prepared& prepared, const chat::Limits& limits) {
  const bool delegates = prepared.plan->tool != nullptr && prepared.plan->tool->spec().effect == Effect::delegate;
  return static_cast<std::size_t>(std::max(1, delegates ? limits.parallel_subagents : limits.parallel_tools));
}

bool runs_together(const Prepared& prepared) {
  return prepared.plan->tool != nullptr && prepared.plan->tool->spec().parallel_safe;
}

// [begin, end) of the calls that may run together, from `begin` on.
std::size_t end_of_group(const std::vector<Prepared>& calls, std::size_t begin) {
  if (!runs_together(calls[begin])) return begin + 1;
  auto end = begin + 1;
  while (end < calls.size() && runs_together(calls[end]) &&
         calls[end].plan->tool->spec().effect == calls[begin].plan->tool->spec().effect) {
    ++end;
  }
  return end;
}

Dispatched collect(std::vector<Settled> settled) {
  Dispatched out;
  for (auto& one : settled) {
    if (one.fate == Fate::denied) out.denied_last = true;
    if (one.fate == Fate::succeeded) {
      out.denied_last = false;
      out.succeeded = true;
    }
    out.message.results.push_back(std::move(one.result));
  }
  return out;
}

}  // namespace

Result<Dispatched> dispatch(const std::vector<PlannedCall>& calls, const DispatchScope& scope, const Call& call) {
  Dispatch dispatch(scope, call);
  std::vector<Prepared> prepared;
  for (const auto& plan : calls) {
    ERRAND_TRY_ASSIGN(auto one, dispatch.prepare(plan, prepared));
    prepared.push_back(std::move(one));
  }
  std::vector<Settled> settled(prepared.size());
  for (std::size_t begin = 0; begin < prepared.size();) {
    const auto end = end_of_group(prepared, begin);
    run_together(end - begin, cap_for(prepared[begin], scope.agent.definition.limits),
                 [&](std::size_t i) { settled[begin + i] = dispatch.run(prepared[begin + i]); });
    begin = end;
  }
  if (auto error = dispatch.fatal()) return fail(*std::move(error));
  auto out = collect(std::move(settled));
  out.ended_by_hook = dispatch.ended();
  return out;
}

Result<chat::ToolMessage> refuse_all(const std::vector<PlannedCall>& calls, const DispatchScope& scope,
                                     const std::string& why) {
  chat::ToolMessage message;
  std::vector<chat::EventBody> events;
  for (const auto& plan : calls) {
    message.results.push_back({plan.call.id, {chat::Text{why}}, true});
    events.emplace_back(chat::event::ToolResult{
        .message_id = make_uuid7(now()), .result = message.results.back(), .name = plan.call.name, .saved_to = {}});
  }
  ERRAND_TRY(scope.reporter.record(std::move(events)));
  return message;
}

}  // namespace errand::agent
