#include "telemetry/tracer.hpp"

#include <exception>
#include <utility>

#include "base/id.hpp"
#include "base/log.hpp"
#include "base/overloaded.hpp"
#include "telemetry/conventions.hpp"

namespace errand::telemetry {

namespace {

constexpr std::size_t trace_id_bytes = 16;
constexpr std::size_t max_sessions = 1000;  // whose agents' names are kept
constexpr std::string_view root_path = "root";

// Whether a request that nobody heard anything of was sent, by what cut the run: a limit is seen before the next one.
AgentTrace::Asked asked_before(const Error& error) {
  switch (error.kind) {
    case ErrorKind::auth:
    case ErrorKind::unavailable:
    case ErrorKind::timeout:
    case ErrorKind::cancelled:
    case ErrorKind::failure:
      return AgentTrace::Asked::certainly;
    default:
      return error.code == error_code::context_window ? AgentTrace::Asked::certainly : AgentTrace::Asked::as_it_seems;
  }
}

// Whether the message of such an error may quote what was said or what a tool was to do: a server's words may as well.
bool quotes_content(const Error& error) {
  switch (error.kind) {
    case ErrorKind::timeout:
    case ErrorKind::cancelled:
    case ErrorKind::storage:
      return false;
    default:
      return true;
  }
}

}  // namespace

void Tracer::on_event(const chat::Event& event) {
  const std::lock_guard lock(mutex_);
  if (is_broken_) return;
  try {
    take(event);
  } catch (const std::exception& e) {
    is_broken_ = true;
    runs_.clear();
    log::warn("telemetry: nothing is traced any more: {}", e.what());
  }
}

void Tracer::take(const chat::Event& event) {
  namespace e = chat::event;
  // To an agent that is at work; to nobody else.
  const auto tell = [&](auto&& what) {
    if (auto* agent = agent_of(event)) what(*agent);
  };
  const auto nothing = [] {};
  std::visit(
      overloaded{
          [&](const e::Ready& ready) {
            remember(event.session, {ready.agent_id, ready.model});
          },
          [&](const e::User& user) { on_user(event, user); },
          [&](const e::TextDelta&) { tell([&](auto& agent) { agent.on_piece(event.time); }); },
          [&](const e::ThinkingDelta&) { tell([&](auto& agent) { agent.on_piece(event.time); }); },
          [&](const e::Assistant& reply) { tell([&](auto& agent) { agent.on_assistant(event.time, reply); }); },
          [&](const e::ToolUse& use) { tell([&](auto& agent) { agent.on_tool_use(event.time, use); }); },
          [&](const e::Approval& approval) { tell([&](auto& agent) { agent.on_approval(approval); }); },
          [&](const e::ToolResult& result) { on_tool_result(event, result); },
          [&](const e::Retry& retry) { tell([&](auto& agent) { agent.on_retry(event.time, retry); }); },
          [&](const e::Fallback& other) { tell([&](auto& agent) { agent.on_fallback(event.time, other); }); },
          [&](const e::CompactStarted&) { tell([&](auto& agent) { agent.on_compact_started(event.time); }); },
          [&](const e::CompactCompleted&) { tell([&](auto& agent) { agent.on_compact_completed(event.time); }); },
          [&](const e::UsageEvent& usage) { tell([&](auto& agent) { agent.on_usage(event.time, usage); }); },
          [&](const e::Done& done) { on_done(event, done); },
          [&](const e::ApprovalRequest&) { nothing(); },
          [&](const e::ToolOutput&) { nothing(); },
          [&](const e::AskUserQuestion&) { nothing(); },
          [&](const e::Answer&) { nothing(); },
          [&](const e::Plan&) { nothing(); },
          [&](const e::PlanApproval&) { nothing(); },
          [&](const e::Todo&) { nothing(); },
          [&](const e::Rewound&) { nothing(); },
          [&](const e::Warning&) { nothing(); },
          [&](const e::ErrorEvent&) { nothing(); },
          [&](const e::Cancelled&) { nothing(); }},
      event.body);
}

Variables Tracer::variables(const std::string& session, const std::string& call_id) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, run] : runs_) {
    for (const auto& [path, agent] : run.agents) {
      if (agent.session() != session) continue;
      const auto* const call = agent.span_of_call(call_id);
      return variables_of({.trace_id = run.facts.trace_id,
                           .span_id = call != nullptr ? *call : agent.span_id(),
                           .sampled = run.facts.sampled,
                           .state = run.facts.state});
    }
  }
  return outer_ ? variables_of(*outer_) : Variables{};
}

void Tracer::remember(const std::string& session, const AgentNames& names) {
  if (sessions_.size() >= max_sessions && !sessions_.contains(session)) sessions_.erase(sessions_.begin());
  sessions_.insert_or_assign(session, names);
}

Tracer::OpenRun& Tracer::run_of(const chat::Event& event) {
  const auto [at, is_new] = runs_.try_emplace(event.run);
  auto& facts = at->second.facts;
  if (is_new) {
    facts.trace_id = outer_ ? outer_->trace_id : random_hex(trace_id_bytes);
    facts.state = outer_ ? outer_->state : std::string();
    facts.sampled = sampler_.keeps(facts.trace_id, outer_);
  }
  return at->second;
}

AgentTrace* Tracer::agent_of(const chat::Event& event) {
  const auto run = runs_.find(event.run);
  if (run == runs_.end()) return nullptr;
  const auto agent = run->second.agents.find(event.agent_path);
  return agent == run->second.agents.end() ? nullptr : &agent->second;
}

// A subagent is a part of the call that started it; parallel ones are told apart by their prompts.
AgentTrace& Tracer::begin_agent(const chat::Event& event, const std::string& prompt) {
  auto& run = run_of(event);
  auto parent_span = outer_ ? outer_->span_id : std::string();
  AgentNames names;
  if (event.agent_path == root_path) {
    if (const auto known = sessions_.find(event.session); known != sessions_.end()) names = known->second;
  } else {
    names.id = subagent_id(event.agent_path);
    if (const auto parent = run.agents.find(parent_path(event.agent_path)); parent != run.agents.end()) {
      const auto* const call = parent->second.take_delegation(prompt);
      parent_span = call != nullptr ? *call : parent->second.span_id();
    }
  }
  return run.agents
      .try_emplace(event.agent_path, run.facts, output_, std::move(parent_span), event.session, std::move(names),
                   event.time)
      .first->second;
}

void Tracer::on_user(const chat::Event& event, const chat::event::User& user) {
  auto* agent = agent_of(event);
  if (agent == nullptr) agent = &begin_agent(event, chat::text_of(user.message.content));
  agent->on_user(event.time, user);
}

// The result of the call that started a subagent is the subagent's end.
void Tracer::on_tool_result(const chat::Event& event, const chat::event::ToolResult& result) {
  auto* agent = agent_of(event);
  if (agent == nullptr) return;
  if (const auto* const call = agent->span_of_call(result.result.call_id)) {
    auto& agents = runs_.at(event.run).agents;
    const Ending ending{result.result.is_error ? "_OTHER" : "", {}};
    for (auto it = agents.begin(); it != agents.end();) {
      if (it->second.parent_id() != *call) {
        ++it;
        continue;
      }
      it->second.end(event.time, ending, AgentTrace::Asked::as_it_seems);
      it = agents.erase(it);
    }
  }
  agent->on_tool_result(event.time, result);
}

// A run that could not begin is a span all the same; one that a hook dropped is none.
void Tracer::on_done(const chat::Event& event, const chat::event::Done& done) {
  if (agent_of(event) == nullptr && done.error) begin_agent(event, {});
  const auto run = runs_.find(event.run);
  if (run == runs_.end()) return;
  Ending ending;
  auto asked = AgentTrace::Asked::as_it_seems;
  if (done.error) {
    const bool is_told = output_.content == Content::captured || !quotes_content(*done.error);
    ending = {std::string(name_of(done.error->kind)), is_told ? done.error->message : done.error->code};
    asked = asked_before(*done.error);
  }
  auto& agents = run->second.agents;
  while (!agents.empty()) {  // those below end before those above: their paths are longer
    const auto last = std::prev(agents.end());
    last->second.end(event.time, ending, asked);
    agents.erase(last);
  }
  runs_.erase(run);
}

}  // namespace errand::telemetry
