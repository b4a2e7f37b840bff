#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/call.hpp"
#include "base/error.hpp"
#include "base/time.hpp"
#include "chat/event.hpp"
#include "chat/message.hpp"

namespace errand::store {

/// What a session is started with; kept with it and restored on resume.
struct NewSession {
  std::string agent;
  std::string definition_hash;
  std::string model;
  std::string project;  ///< project root, absolute
  std::string cwd;
  std::string permission_mode;
  std::string title;
  std::string name;    ///< may be empty
  std::string parent;  ///< the parent's session id when a subagent's
};

struct SessionInfo {
  std::string id;  ///< UUIDv7
  NewSession start;
  Timestamp created{};
  Timestamp updated{};
  int turns = 0;
  int runs = 0;
  chat::Usage usage;
  std::optional<double> cost_usd;  ///< nullopt as soon as one turn's price was unknown
  std::string status;              ///< "idle", "running", "interrupted", "failed"
};

/// A part of the conversation as it was stored.
struct StoredMessage {
  std::string message_id;
  Timestamp time{};
  std::variant<chat::UserMessage, chat::AssistantMessage, chat::ToolResult> body;
};

/// One row of a session, message or event, for showing and exporting.
struct StoredRecord {
  std::int64_t position = 0;  ///< grows by one within a session
  std::string type;           ///< "user", "assistant", "tool_result", or an event's type
  std::string message_id;     ///< empty for events
  std::string run;
  std::string agent_path;
  Timestamp time{};
  std::string json;
};

/// Something to keep: a lasting event. `user`, `assistant` and `tool_result` are kept as messages, the others as
/// events.
using Lasting = chat::Event;

struct RunStart {
  std::string id;  ///< UUIDv7
  std::string session;
  std::string agent;
  std::string definition_hash;
  std::string trigger;            ///< "tty", "pipe", "cron", "chat", "subagent"
  std::vector<std::string> argv;  ///< without secrets
  Timestamp started{};
};

struct RunEnd {
  std::string id;
  std::string session;
  int exit_code = 0;
  std::string error_kind;  ///< empty: none
  std::string stop_reason;
  int turns = 0;
  chat::Usage usage;
  std::optional<double> cost_usd;
  Timestamp ended{};
};

/// What an append adds to the session's totals.
struct Totals {
  int turns = 0;
  chat::Usage usage;
  std::optional<double> cost_usd = 0.0;  ///< nullopt: unknown, and the session's total with it
};

struct SessionQuery {
  std::string project;  ///< empty: all
  std::string agent;    ///< empty: all
  std::optional<Timestamp> since;
  int limit = 20;  ///< 0: none
  bool with_subagents = false;
};

struct SessionChange {
  std::optional<std::string> name, agent, definition_hash, model, permission_mode, title;
};

/// The right to write to a session; given back when it goes.
class Lease {
 public:
  virtual ~Lease() = default;
};

/// Where sessions are kept. Append-only: nothing stored is changed. Several processes may use one store at once; one
/// object may be used by several threads. Every failure to read or write is ErrorKind::storage; an unknown session is
/// `failure`. Ids and references that are malformed are refused, never cleaned up.
class SessionStore {
 public:
  virtual ~SessionStore() = default;

  virtual Result<SessionInfo> create(const NewSession& session) = 0;

  /// By full id, unique prefix (4 characters or more), name, `latest`, or `-N` (the N-th newest; -1 is `latest`).
  /// `latest` and `-N` count within `project` unless it is empty. An ambiguous prefix lists its matches.
  virtual Result<SessionInfo> find(std::string_view reference, std::string_view project) = 0;
  virtual Result<std::vector<SessionInfo>> list(const SessionQuery& query) = 0;
  virtual Result<void> change(std::string_view session, const SessionChange& change) = 0;

  /// A new session whose history is that session's so far.
  virtual Result<SessionInfo> fork(std::string_view session, std::string_view name) = 0;

  /// Only one holder at a time; a dead owner's lease is taken over at once. Else `busy`, naming the holder and its age.
  virtual Result<std::unique_ptr<Lease>> lease(std::string_view session) = 0;

  /// The run's row and its first events (the user's message) in one durable transaction. Runs of this session that
  /// never ended are marked interrupted.
  virtual Result<void> begin_run(const RunStart& run, const std::vector<Lasting>& events) = 0;
  /// Durable when it returns, in one transaction.
  virtual Result<void> append(std::string_view session, const std::vector<Lasting>& events, const Totals& totals) = 0;
  virtual Result<void> end_run(const RunEnd& run, const std::vector<Lasting>& events) = 0;

  /// The messages in order, as stored: not yet repaired.
  virtual Result<std::vector<StoredMessage>> history(std::string_view session) = 0;
  virtual Result<std::vector<StoredRecord>> records(std::string_view session) = 0;

  /// `files/<session>/`, made with mode 0700.
  virtual Result<std::string> files_directory(std::string_view session) = 0;
};

}  // namespace errand::store
