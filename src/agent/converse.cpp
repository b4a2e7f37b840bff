#include "agent/converse.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "agent/answer_form.hpp"
#include "agent/ask.hpp"
#include "agent/bill.hpp"
#include "agent/dispatch.hpp"
#include "agent/history.hpp"
#include "agent/loop_watch.hpp"
#include "agent/redaction.hpp"
#include "agent/steering.hpp"
#include "agent/subagent.hpp"
#include "agent/tell_hooks.hpp"
#include "base/id.hpp"
#include "base/json.hpp"
#include "base/overloaded.hpp"
#include "base/sha256.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"
#include "chat/names.hpp"

namespace errand::agent {

namespace {

using chat::StopReason;

// Why a reply without calls is no answer; none when it is one.
std::optional<Error> verdict_on(const chat::AssistantMessage& reply, const std::string& text) {
  switch (reply.stop) {
    case StopReason::max_tokens:
      return Error{.kind = ErrorKind::limit,
                   .message = "the reply was cut at the model's output limit",
                   .hint = "ask for less at once, or use a model with a larger output"};
    case StopReason::context_window:
      return Error{.kind = ErrorKind::limit,
                   .message = "the conversation no longer fits the model's context window",
                   .hint = "start a new session, or use a model with a larger window"};
    case StopReason::refusal:
      return Error{.kind = ErrorKind::failure,
                   .message = "the model refused to answer",
                   .hint = "rephrase, or use another model"};
    default:
      break;
  }
  if (text.find_first_not_of(" \t\r\n") != std::string::npos) return std::nullopt;
  return Error{.kind = ErrorKind::failure,
               .message = "the model ended without an answer",
               .hint = "run it again, or resume the session and ask"};
}

// A model that did not follow the schema in three replies will not in a fourth.
constexpr int max_repairs = 2;

Error not_valid(const std::vector<std::string>& mistakes, int repairs) {
  const auto tries = repairs == 0 ? std::string() : fmt::format(" after {} tries", repairs + 1);
  return {.kind = ErrorKind::schema,
          .message = fmt::format("the answer does not follow the output schema{}: {}", tries, mistakes.front()),
          .hint = "the answer as it came is kept in the session, and in the result of --output-format json"};
}

// What holds an agent back from ending so often in one run is a hook that will never let it.
constexpr int max_holds = 8;

// Calls that took so long wait for something, and the same result tells that it has not happened yet.
constexpr std::chrono::seconds waiting_time{10};

// Equal for rounds that did the same and saw the same.
std::string round_of(const std::vector<PlannedCall>& calls, const chat::ToolMessage& results) {
  auto out = Json::array();
  for (const auto& plan : calls) out.push_back({plan.call.name, plan.call.arguments});
  for (const auto& result : results.results) out.push_back({chat::content_json(result.content), result.is_error});
  return sha256_hex(chat::dump(out));
}

// Who asks how a command in the background gets on, waits for it.
bool only_polls(const std::vector<PlannedCall>& calls) {
  return std::ranges::all_of(calls, [](const PlannedCall& plan) { return plan.call.name == "BashOutput"; });
}

Error cut_by_limit() {
  return {.kind = ErrorKind::limit,
          .message = "the reply was cut where the run's limit of tokens or money ends",
          .hint = "raise --max-tokens or --max-cost"};
}

class Conversation {
 public:
  Conversation(Agent& agent, Session& session, RunTree& tree, Reporter& reporter, const Call& call)
      : agent_(agent),
        session_(session),
        tree_(tree),
        reporter_(reporter),
        call_(call),
        bill_(tree, agent.definition.limits, agent.definition.id),
        asker_(agent, session, reporter, bill_, call),
        task_(make_task_tool(agent, session, tree, children_)),
        tools_(offered()) {
    const auto& schema = agent.definition.output_schema;
    if (!schema.empty()) schema_ = Json::parse(schema, nullptr, false);
  }

  Outcome go() {
    const auto ended = turns();
    if (!ended) outcome_.error = why(ended.error());
    keep_children();
    outcome_.spent = bill_.own();
    return std::move(outcome_);
  }

 private:
  // One turn after the other; an error is why it ended without an answer.
  Result<void> turns() {
    for (;;) {
      ERRAND_TRY(call_.check());
      ERRAND_TRY(hear_person());
      ERRAND_TRY(bill_.begin_turn());
      ERRAND_TRY_ASSIGN(auto reply, ask_model());
      const auto calls = plan_calls(reply.message.tool_calls(), tools_);
      ERRAND_TRY(keep(reply, calls));
      if (reply.cut) return fail(*reply.cut);
      if (calls.empty() || reply.message.stop == StopReason::refusal) {
        ERRAND_TRY(finish(reply.message, calls));
        ERRAND_TRY_ASSIGN(const bool goes_on, must_go_on());
        if (!goes_on) return tell_overdrawn();
      }
      if (auto left = bill_.check(); !left) return stop_at_limit(calls, left.error());
      if (!calls.empty()) ERRAND_TRY(run_calls(calls));
      if (ended_by_hook_) return end_empty();
    }
  }

  // What was said to the run meanwhile is heard before the model is asked again; subagents are not talked to.
  Result<void> hear_person() {
    if (tree_.steering == nullptr || agent_.depth > 0) return {};
    while (const auto message = tree_.steering->take()) {
      ERRAND_TRY(hear_steering(agent_, session_, reporter_, *message, call_));
    }
    return {};
  }

  Result<provider::Reply> ask_model() {
    auto reply = asker_.ask();
    if (!reply) bill_.undo_turn();
    // A cut reply's calls are never run, not even the whole ones: nobody knows what would have followed.
    if (reply && reply->cut) drop_calls(reply->message);
    if (reply) reply->message = with_harmless_names(std::move(reply->message), reporter_.secrets());
    return reply;
  }

  static void drop_calls(chat::AssistantMessage& message) {
    std::erase_if(message.content, [](const auto& block) { return std::holds_alternative<chat::ToolCall>(block); });
  }

  // Durable before any of its calls starts, in one transaction with what it cost.
  Result<void> keep(const provider::Reply& reply, const std::vector<PlannedCall>& calls) {
    ++outcome_.turns;
    outcome_.stop = reply.message.stop;
    const auto message = cleaned(reply.message, reporter_.secrets());  // its calls run as they were written
    outcome_.text = reporter_.secrets().clean(message.text());
    outcome_.structured.reset();
    const auto total = bill_.add(reply);
    const auto id = make_uuid7(now());
    std::vector<chat::EventBody> events;
    if (!message.content.empty() || !reply.cut) {
      events.emplace_back(chat::event::Assistant{id, message, reply.cost_usd});
    }
    events.emplace_back(chat::event::UsageEvent{reply.message.usage, reply.cost_usd, total});
    for (const auto& plan : calls) {
      events.emplace_back(chat::event::ToolUse{plan.call.id, plan.call.name, plan.call.arguments, plan.summary});
    }
    auto totals = take_children();
    totals.turns = 1;
    add(totals, reply.message.usage, reply.cost_usd);
    ERRAND_TRY(record_paid(bill_, reporter_, reply, agent_.provider->model(), std::move(events), totals));
    if (auto kept = sendable(message)) session_.history.add(*std::move(kept), id);
    session_.context_tokens = reply.cut ? 0 : reply.context_tokens;
    session_.measured = session_.history.messages.size();
    return {};
  }

  static void add(store::Totals& totals, const chat::Usage& usage, std::optional<double> cost) {
    totals.usage += usage;
    if (!cost) totals.cost_usd.reset();
    if (totals.cost_usd) *totals.cost_usd += *cost;
  }

  Result<void> finish(const chat::AssistantMessage& reply, const std::vector<PlannedCall>& calls) {
    if (!calls.empty()) ERRAND_TRY(answer_all(calls, "not run: the model refused in the same reply"));
    if (auto error = verdict_on(reply, outcome_.text)) {
      if (reply.stop == StopReason::max_tokens && asker_.was_capped()) return fail(cut_by_limit());
      outcome_.ended_by_reply = reply.stop == StopReason::max_tokens || reply.stop == StopReason::refusal;
      return fail(*std::move(error));
    }
    return {};
  }

  // A whole answer is one, whatever it cost; that it cost more than was allowed is said.
  Result<void> tell_overdrawn() {
    const auto left = bill_.check_spent();
    if (left) return {};
    return reporter_.record({chat::event::Warning{"limit_passed", left.error().message}});
  }

  // Whether this answer is not to be the last.
  Result<bool> must_go_on() {
    if (schema_) {
      ERRAND_TRY_ASSIGN(const bool repairing, ask_to_repair());
      if (repairing) return true;
    }
    return held_by_hooks();
  }

  // An answer that does not follow the schema is sent back with what is wrong; one that does is the result.
  Result<bool> ask_to_repair() {
    auto answer = json_answer(outcome_.text, *schema_);
    if (answer.mistakes.empty()) {
      invalid_.reset();
      outcome_.text = answer.json;
      outcome_.structured = std::move(answer.json);
      return false;
    }
    invalid_ = not_valid(answer.mistakes, repairs_);
    if (++repairs_ > max_repairs) return fail(*invalid_);
    ERRAND_TRY(say(repair_request(answer.mistakes, agent_.definition.output_schema)));
    return true;
  }

  // A limit that leaves no room to repair an answer does not make it a better one.
  [[nodiscard]] Error why(const Error& ended) const {
    if (!invalid_ || ended.kind != ErrorKind::limit) return ended;
    auto out = *invalid_;
    out.hint = fmt::format("there was no room to ask again: {}", ended.message);
    return out;
  }

  // Whether a hook does not let the agent end here. What it says is the next prompt.
  Result<bool> held_by_hooks() {
    const auto event = agent_.depth == 0 ? chat::HookEvent::stop : chat::HookEvent::subagent_stop;
    if (!agent_.hooks.has(event)) return false;
    const auto which = holds_ == 0 ? StopHooks::first : StopHooks::again;
    ERRAND_TRY_ASSIGN(const auto said, tell_of_stop({agent_, reporter_, call_}, which, outcome_.text));
    if (said.verdict != HookOutcome::Verdict::deny || said.ends_run) return false;
    if (++holds_ > max_holds) {
      ERRAND_TRY(reporter_.record({chat::event::Warning{
          "hook_failed", fmt::format("a {} hook held the agent back {} times and is not heard again",
                                     chat::name_of(event), max_holds)}}));
      return false;
    }
    ERRAND_TRY(say(fmt::format("Stop hook feedback:\n{}", said.reason)));
    return true;
  }

  // What is no person's word and stands where theirs would: the next prompt of this run.
  Result<void> say(const std::string& what) {
    chat::UserMessage message{{chat::Text{reporter_.secrets().clean(what)}}};
    const auto id = make_uuid7(now());
    ERRAND_TRY(reporter_.record({chat::event::User{id, message}}));
    session_.history.add(std::move(message), id);
    return {};
  }

  // A hook ended the run: that is no failure, and there is no answer.
  Result<void> end_empty() {
    outcome_.text.clear();
    outcome_.structured.reset();
    outcome_.stop = StopReason::end_turn;
    outcome_.denied_last = false;
    return {};
  }

  Result<void> stop_at_limit(const std::vector<PlannedCall>& calls, const Error& limit) {
    if (!calls.empty()) ERRAND_TRY(answer_all(calls, "not run: " + limit.message));
    return fail(limit);
  }

  Result<void> answer_all(const std::vector<PlannedCall>& calls, const std::string& why) {
    return remember(calls, refuse_all(calls, scope(), why));
  }

  Result<void> run_calls(const std::vector<PlannedCall>& calls) {
    const auto began = Call::Clock::now();
    auto dispatched = dispatch(calls, scope(), call_);
    if (!dispatched) return remember(calls, fail(std::move(dispatched).error()));
    ended_by_hook_ = dispatched->ended_by_hook;
    if (dispatched->denied_last)
      outcome_.denied_last = true;
    else if (dispatched->succeeded)
      outcome_.denied_last = false;
    auto round = round_of(calls, dispatched->message);
    ERRAND_TRY(remember(calls, std::move(dispatched->message)));
    if (Call::Clock::now() - began < waiting_time && !only_polls(calls)) return watch(std::move(round), calls);
    loop_.forget();
    return {};
  }

  // An agent that goes in circles is told, and where it goes on ended: it would do so until its limits are used up.
  Result<void> watch(std::string round, const std::vector<PlannedCall>& calls) {
    const auto verdict = loop_.add(std::move(round));
    if (verdict == LoopWatch::Verdict::fine || ended_by_hook_) return {};
    const auto last = reporter_.secrets().clean(calls.back().summary);
    if (verdict == LoopWatch::Verdict::end) {
      return fail(
          ErrorKind::limit,
          fmt::format("the agent goes in circles: the same calls had the same results {} times in a row, last {}",
                      LoopWatch::ended_after, last),
          "ask for something else, or say more; continue the session with -c");
    }
    ERRAND_TRY(reporter_.record({chat::event::Warning{
        "goes_in_circles", fmt::format("the agent made the same calls with the same results {} times, last {}; it was "
                                       "told so",
                                       LoopWatch::told_after, last)}}));
    return say(
        fmt::format("You have made the same tool calls {} times in a row, and their results were the same each "
                    "time. Making them again will not change that. Do something else, or answer with what you "
                    "know and say what is missing.",
                    LoopWatch::told_after));
  }

  // Whatever happened, every call has a result in the history that the next request is made of.
  Result<void> remember(const std::vector<PlannedCall>& calls, Result<chat::ToolMessage> results) {
    if (results) {
      session_.history.add(*std::move(results));
      return {};
    }
    chat::ToolMessage interrupted;
    for (const auto& plan : calls) interrupted.results.push_back(interrupted_result(plan.call));
    session_.history.add(std::move(interrupted));
    return fail(std::move(results).error());
  }

  store::Totals take_children() {
    return children_.with([](store::Totals& totals) { return std::exchange(totals, {}); });
  }

  // What subagents cost after this agent's last reply was kept.
  void keep_children() {
    const auto totals = take_children();
    if (totals.usage == chat::Usage{} && totals.cost_usd == 0.0) return;
    if (auto kept = reporter_.record({}, totals); !kept && !outcome_.error) outcome_.error = kept.error();
  }

  DispatchScope scope() { return {agent_, session_, tree_, reporter_}; }

  std::vector<tool::Tool*> offered() const {
    std::vector<tool::Tool*> out;
    for (const auto& spec : agent_.tools) {
      out.push_back(spec.name == task_->spec().name ? task_.get() : find_tool(agent_, tree_.services, spec.name));
    }
    return out;
  }

  Agent& agent_;
  Session& session_;
  RunTree& tree_;
  Reporter& reporter_;
  const Call& call_;
  Bill bill_;
  Asker asker_;
  ChildTotals children_;
  std::unique_ptr<tool::Tool> task_;
  std::vector<tool::Tool*> tools_;
  Outcome outcome_;
  int holds_ = 0;  // how often hooks did not let it end
  bool ended_by_hook_ = false;
  LoopWatch loop_;
  std::optional<Json> schema_;    // that the answer has to follow
  std::optional<Error> invalid_;  // what is wrong with the last answer by it
  int repairs_ = 0;               // how often the model was asked for another
};

}  // namespace

std::string Outcome::stop_reason() const {
  if (error && !ended_by_reply) return std::string(name_of(error->kind));
  return std::string(chat::name_of(stop.value_or(StopReason::end_turn)));
}

Outcome converse(Agent& agent, Session& session, RunTree& tree, Reporter& reporter, const Call& call) {
  return Conversation(agent, session, tree, reporter, call).go();
}

}  // namespace errand::agent
