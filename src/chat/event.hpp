#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "chat/message.hpp"

namespace errand::chat {

// What a session did: the engine's only output. One struct for each `type` of docs/events.md, fields named as there.
namespace event {

struct McpServer {
  std::string name;
  std::string status;
};

struct Ready {
  std::string agent_id;
  std::string model;
  std::vector<std::string> tools;
  std::vector<McpServer> mcp_servers;
  bool resumed = false;
  int turn_count = 0;
  std::string permission_mode;
  std::string sandbox;
};
struct User {
  std::string message_id;
  UserMessage message;
};
struct TextDelta {
  std::string text;
};
struct ThinkingDelta {
  std::string text;
};
struct Assistant {
  std::string message_id;
  AssistantMessage message;
  std::optional<double> cost_usd;
};
struct ToolUse {
  std::string id;
  std::string name;
  std::string input;    ///< the model's JSON text
  std::string summary;  ///< one line for people
};
struct ApprovalRequest {
  std::string id;
  std::string tool_use_id;
  std::string rule;            ///< that asked
  std::string suggested_rule;  ///< that would allow it
};
struct Approval {
  std::string id;
  std::string tool_use_id;
  std::string decision;  ///< "allow", "deny"
  std::string by;        ///< "rule", "user", "policy"
};
struct ToolOutput {
  std::string tool_use_id;
  std::string stream;  ///< "stdout", "stderr"
  std::string text;
};
struct ToolResult {
  std::string message_id;
  chat::ToolResult result;
  std::string name;
  std::chrono::milliseconds duration{0};
  bool truncated = false;
  std::string saved_to;
};
struct Option {
  std::string label;
  std::string description;
};
struct Question {
  std::string question;
  std::string header;
  std::vector<Option> options;
  bool multi_select = false;
};
struct AskUserQuestion {
  std::string question_id;
  std::vector<Question> questions;
};
struct Answer {
  std::string question_id;
  std::vector<std::string> answers;
};
struct Plan {
  std::string plan_id;
  std::string text;                ///< Markdown
  std::vector<std::string> steps;  ///< the items of its outermost list
};
struct PlanApproval {
  std::string plan_id;
  std::string decision;  ///< "approve", "edit" (changed, and so approved), "reject"
  std::string mode;      ///< the permission mode that follows; empty when rejected
  std::string text;      ///< the plan as it was changed, or the reason why it was rejected; else empty
};
struct TodoItem {
  std::string content;
  std::string status;  ///< "pending", "in_progress", "completed"
  std::string active_form;
};
struct Todo {
  std::vector<TodoItem> items;
};
struct Retry {
  int attempt = 0;
  int max_attempts = 0;
  std::chrono::milliseconds delay{0};
  int status = 0;  ///< HTTP; 0: no response
  std::string reason;
  bool restarted = false;
};
struct Fallback {
  std::string from;
  std::string to;
  std::string reason;
};
struct CompactStarted {
  std::string reason;  ///< "context_window", "threshold", "user"
  std::int64_t tokens_before = 0;
};
struct CompactCompleted {
  std::string reason;
  std::int64_t tokens_before = 0;
  std::int64_t tokens_after = 0;
  std::string kept_from;       ///< message_id of the first message that is sent as it was; empty: none is
  std::string summary;         ///< the message that stands for everything before
  bool dropped = false;        ///< it says no more than that it was left out: nobody could summarise it
  std::string cleared_before;  ///< message_id: tool results before it are sent as a note that they were; empty: none
};
/// The session goes on from an earlier message: what was stored after it is kept, and no longer sent. A compaction that
/// came after it is undone with it.
struct Rewound {
  std::string to;  ///< message_id of the last message that is still part of the conversation; empty: none is
};
struct UsageEvent {
  Usage usage;
  std::optional<double> cost_usd;
  std::optional<double> total_cost_usd;
};
struct Warning {
  std::string code;
  std::string message;
};
struct ErrorEvent {
  Error error;
};
struct Cancelled {
  std::string by;  ///< "SIGINT", "user", …
};
struct Denial {
  std::string tool_use_id;
  std::string tool;
  std::string input;  ///< JSON text
  std::string reason;
};
/// A host that a tool asked for. One entry for each host, port and outcome.
struct Contact {
  std::string host;
  int port = 0;
  bool allowed = false;
  std::string reason;  ///< why it was refused; empty when it was allowed
  bool operator==(const Contact&) const = default;
};
/// What a run touched, subagents included: for those who look at it afterwards.
struct RunReport {
  std::vector<std::string> files_written;  ///< absolute, sorted; by file tools, and by commands as far as it was seen
  std::vector<Contact> hosts;        ///< by WebFetch and the sandbox's proxy; not what `network: full` let through
  std::vector<std::string> blocked;  ///< attempts that permissions or the sandbox refused, one sentence each
  bool operator==(const RunReport&) const = default;
};
struct Done {
  std::string stop_reason;                       ///< the last reply's, or the error.kind that cut the run
  std::string result;                            ///< the text of the last reply
  std::optional<std::string> structured_output;  ///< JSON text
  int num_turns = 0;
  std::chrono::milliseconds duration{0};
  std::chrono::milliseconds duration_api{0};
  std::optional<double> total_cost_usd;
  Usage usage;
  std::vector<Denial> denials;
  RunReport report;
  std::optional<Error> error;  ///< set: is_error
};

}  // namespace event

using EventBody =
    std::variant<event::Ready, event::User, event::TextDelta, event::ThinkingDelta, event::Assistant, event::ToolUse,
                 event::ApprovalRequest, event::Approval, event::ToolOutput, event::ToolResult, event::AskUserQuestion,
                 event::Answer, event::Plan, event::PlanApproval, event::Todo, event::Retry, event::Fallback,
                 event::CompactStarted, event::CompactCompleted, event::Rewound, event::UsageEvent, event::Warning,
                 event::ErrorEvent, event::Cancelled, event::Done>;

struct Event {
  std::uint64_t seq = 0;  ///< gapless within a run; 0 for `ready`
  std::string session;
  std::string run;
  std::string agent_path;  ///< "root", "root/reviewer#2"
  Timestamp time{};
  EventBody body;
};

/// Where events go. Called by one thread at a time; must not throw.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void on_event(const Event& event) = 0;
};

}  // namespace errand::chat
