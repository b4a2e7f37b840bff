#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json_fwd.hpp"
#include "base/time.hpp"
#include "chat/event.hpp"
#include "telemetry/metrics.hpp"
#include "telemetry/settings.hpp"
#include "telemetry/span.hpp"

namespace errand::telemetry {

/// What all spans of one run have in common.
struct TraceFacts {
  std::string trace_id;
  std::string state;
  bool sampled = true;
};

/// Where spans and measurements go, and what is put into them.
struct TraceOutput {
  std::function<void(Span)> on_span;  ///< hears of every span that ended and is kept
  std::function<void(const Instrument& instrument, double value, const Attributes& attributes)> measure;
  Content content = Content::left_out;
  /// The base URL of a provider by its name; empty: unknown. May be empty itself.
  std::function<std::string(const std::string& provider)> base_url{};
};

struct AgentNames {
  std::string id;
  std::string model;  ///< "provider/id"; empty: not known before its first reply
};

/// How a piece of work ended; empty texts: well.
struct Ending {
  std::string type{};     ///< error.type
  std::string message{};  ///< for people
};

/// The open spans of one agent of a run. One thread at a time; what it refers to must outlive it.
class AgentTrace {
 public:
  AgentTrace(const TraceFacts& facts, const TraceOutput& output, std::string parent_span, std::string session,
             AgentNames names, Timestamp since);

  [[nodiscard]] const std::string& span_id() const { return span_.span_id; }
  [[nodiscard]] const std::string& parent_id() const { return span_.parent_id; }
  [[nodiscard]] const std::string& session() const { return session_; }

  /// The span of a call that has no result yet; null: there is none.
  [[nodiscard]] const std::string* span_of_call(const std::string& call_id) const;

  /// The span of the open call that started a subagent with that prompt; each call is taken once. Null: none did.
  const std::string* take_delegation(const std::string& prompt);

  void on_user(Timestamp at, const chat::event::User& user);
  void on_piece(Timestamp at);
  void on_assistant(Timestamp at, const chat::event::Assistant& assistant);
  void on_usage(Timestamp at, const chat::event::UsageEvent& usage);
  void on_tool_use(Timestamp at, const chat::event::ToolUse& use);
  void on_approval(const chat::event::Approval& approval);
  void on_tool_result(Timestamp at, const chat::event::ToolResult& result);
  void on_retry(Timestamp at, const chat::event::Retry& retry);
  void on_fallback(Timestamp at, const chat::event::Fallback& fallback);
  void on_compact_started(Timestamp at) { compacting_ = Compacting{at, {}}; }
  void on_compact_completed(Timestamp at);

  /// Ends what is open, itself last. `asked`: a request without a reply was sent for certain.
  enum class Asked { certainly, as_it_seems };
  void end(Timestamp at, const Ending& ending, Asked asked);

 private:
  // A request whose reply has not come.
  struct Asking {
    Timestamp since{};
    bool after_failure = false;  // of a call: where the run is cut, nothing was asked any more
    bool seen = false;           // something of it was heard
    int retries = 0;
    std::optional<Timestamp> first_chunk{};
    std::vector<SpanEvent> events{};
  };
  struct OpenCall {
    Span span;
    std::string input;
    bool is_denied = false;
    bool delegated = false;
  };
  struct Compacting {
    Timestamp since{};
    std::optional<chat::Usage> usage{};
  };
  // A request that was cut: why is known at the end.
  struct Cut {
    Span span;
    Timestamp at{};
    chat::Usage usage{};
    std::string answered_by{};
  };

  void end_cut(const Ending& ending);
  void ask(Timestamp since) { asking_ = Asking{.since = since}; }
  void add_unsent(const Json& message);
  [[nodiscard]] Span new_span(std::string name, Span::Kind kind, const std::string& parent, Timestamp since) const;
  [[nodiscard]] Attributes model_attributes() const;
  [[nodiscard]] Span chat_span(Timestamp since);
  void end_chat(Span span, Timestamp at, const chat::Usage& usage, const std::string& answered_by,
                const Ending& ending);
  void add_event(Timestamp at, std::string name, Attributes attributes);
  void keep(Span span, Timestamp at, const Ending& ending) const;

  const TraceFacts& facts_;
  const TraceOutput& output_;
  std::string session_;
  AgentNames names_;
  Span span_;
  std::optional<Asking> asking_;
  std::optional<Compacting> compacting_;
  std::optional<Cut> cut_;
  std::map<std::string, OpenCall> calls_;
  std::vector<std::string> unsent_;  // messages as JSON, since the last request; where content is captured
  chat::Usage usage_{};
  std::optional<double> cost_usd_ = 0.0;
};

}  // namespace errand::telemetry
