#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "chat/event.hpp"
#include "telemetry/agent_trace.hpp"
#include "telemetry/settings.hpp"
#include "telemetry/span.hpp"
#include "telemetry/trace_parent.hpp"

namespace errand::telemetry {

/// Makes spans and measurements of the events of runs, by the GenAI conventions of OpenTelemetry:
///
///     invoke_agent ID            a run, and each subagent below the call that started it
///       chat MODEL               a request to the model with its reply, retries included
///       execute_tool NAME        a call, from when it starts to run: approvals are before it
///
/// A run without an outer trace is one of its own; runs of one session have its id in common. Events say when a request
/// ended, not when it was sent: it begins where the prompt or the last result before it was kept.
///
/// Any number of runs at once, the events of each in order. Thread-safe; never waits, and keeps of a run that has ended
/// no more than its agent's name. A fault of its own is a line in the log and the end of tracing: runs never feel it.
class Tracer final : public chat::EventSink {
 public:
  /// `outer` is what our own runs are a part of.
  Tracer(std::optional<TraceParent> outer, Sampler sampler, TraceOutput output)
      : outer_(std::move(outer)), sampler_(sampler), output_(std::move(output)) {}

  void on_event(const chat::Event& event) override;

  /// What a command is told of the span it works for: the call's, else its session's agent's, else the outer one.
  [[nodiscard]] Variables variables(const std::string& session, const std::string& call_id) const;

 private:
  struct OpenRun {
    TraceFacts facts;
    std::map<std::string, AgentTrace> agents;  // by path
  };

  // These under mutex_.
  void take(const chat::Event& event);
  void on_user(const chat::Event& event, const chat::event::User& user);
  void on_tool_result(const chat::Event& event, const chat::event::ToolResult& result);
  void on_done(const chat::Event& event, const chat::event::Done& done);
  void remember(const std::string& session, const AgentNames& names);
  OpenRun& run_of(const chat::Event& event);
  AgentTrace* agent_of(const chat::Event& event);
  AgentTrace& begin_agent(const chat::Event& event, const std::string& prompt);

  std::optional<TraceParent> outer_;
  Sampler sampler_;
  TraceOutput output_;
  mutable std::mutex mutex_;
  bool is_broken_ = false;
  std::map<std::string, OpenRun> runs_;
  std::map<std::string, AgentNames> sessions_;  // what `ready` said, for the runs that follow
};

}  // namespace errand::telemetry
