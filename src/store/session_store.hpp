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
  bool operator==(const NewSession&) const = default;
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
  std::string forked_from;         ///< the id of the session this one began as a copy of; may be empty, or gone
  bool operator==(const SessionInfo&) const = default;
};

/// A part of the conversation as it was stored.
struct StoredMessage {
  std::string message_id;
  Timestamp time{};
  std::variant<chat::UserMessage, chat::AssistantMessage, chat::ToolResult> body;
  bool operator==(const StoredMessage&) const = default;
};

/// A stored message that can't be read any more.
struct DamagedMessage {
  std::int64_t position = 0;
  std::string message_id;
  std::string reason;
  bool operator==(const DamagedMessage&) const = default;
};

/// The session's newest compaction: what the next request is built from.
struct Compaction {
  std::string kept_from;            ///< message_id; what stands before it is not sent any more
  std::string summary;              ///< stands for that; empty: nothing was left out
  std::string cleared_before;       ///< message_id; older tool results are not sent any more. Empty: all are
  std::size_t messages_before = 0;  ///< how many of History::messages were stored before it
  bool operator==(const Compaction&) const = default;
};

/// A session's messages in order, as stored: not yet repaired. A damaged one is left out and named; it costs no other.
struct History {
  std::vector<StoredMessage> messages;
  std::vector<DamagedMessage> damaged;
  std::optional<Compaction> compaction{};
};

/// One row of a session, message or event, for showing and exporting.
struct StoredRecord {
  std::int64_t position = 0;  ///< from 1, grows by one within a session
  std::string type;           ///< "user", "assistant", "tool_result", or an event's type
  std::string message_id;     ///< empty for events
  std::string run;
  std::string agent_path;
  Timestamp time{};
  std::string json;  ///< chat::body_json of the event
  bool operator==(const StoredRecord&) const = default;
};

/// Something to keep: a lasting event of the session it is given to. `user`, `assistant` and `tool_result` are kept as
/// messages, the others as events.
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
  std::string model{};                   ///< whose the usage event of this append is: "anthropic/claude-x"
  double presumed_usd = 0;               ///< its cost as budgets see it, where the event has none
  std::int64_t reservation = 0;          ///< of Budgets::reserve(), that this settles; 0: none
};

struct SessionQuery {
  std::string project;  ///< empty: all
  std::string agent;    ///< empty: all
  std::optional<Timestamp> since;
  int limit = 20;  ///< 0: none
  bool with_subagents = false;
};

/// What is set replaces what the session has; an empty name takes the name away.
struct SessionChange {
  std::optional<std::string> name, agent, definition_hash, model, permission_mode, title;
};

/// The right to write to a session; given back when it goes, which must be before its store does.
class Lease {
 public:
  virtual ~Lease() = default;
};

/// Where sessions are kept. Append-only: nothing stored is changed. Several processes may use one store at once; one
/// object may be used by several threads (not after a fork(2)). Every failure to read or write is ErrorKind::storage
/// and leaves the store as it was; an unknown session is `failure`. Ids, names and references that are malformed are
/// refused, never cleaned up.
///
/// One writer at a time: begin_run, append and end_run fail with `busy` when another live process holds the session's
/// lease, and when our own was lost (a process that seemed dead, being stopped for long, was taken over).
class SessionStore {
 public:
  virtual ~SessionStore() = default;

  /// Survives a crash at once, a power loss from its first run on. A subagent's parent must be there.
  virtual Result<SessionInfo> create(const NewSession& session) = 0;

  /// By full id, name (the newest that has it), unique prefix of an id (4 characters or more), `latest`, or `-N` (the
  /// N-th newest; -1 is `latest`). `latest` and `-N` count within `project` unless it is empty, and pass over
  /// subagents' sessions. Nothing found, and an ambiguous prefix, which lists its matches: `failure`; what can't be a
  /// reference: `usage`.
  virtual Result<SessionInfo> find(std::string_view reference, std::string_view project) = 0;

  /// The newest first, by what was stored last.
  virtual Result<std::vector<SessionInfo>> list(const SessionQuery& query) = 0;

  /// Needs no lease. A name that find() could not find is `usage`.
  virtual Result<void> change(std::string_view session, const SessionChange& change) = 0;

  /// A new session whose history is that session's messages so far, with their ids, under its newest compaction; its
  /// totals start at nothing and it has no parent.
  virtual Result<SessionInfo> fork(std::string_view session, std::string_view name) = 0;

  /// Only one holder at a time; a dead owner's lease is taken over at once. Else `busy`, naming the holder and its age.
  virtual Result<std::unique_ptr<Lease>> lease(std::string_view session) = 0;

  /// The run's row and its first events (the user's message) in one durable transaction. Runs of this session that
  /// never ended are marked interrupted. Without a lease of its own the run has one until end_run.
  virtual Result<void> begin_run(const RunStart& run, const std::vector<Lasting>& events) = 0;
  /// Durable when it returns, in one transaction. A message id the session has already is `failure`.
  virtual Result<void> append(std::string_view session, const std::vector<Lasting>& events, const Totals& totals) = 0;
  /// Durable when it returns, in one transaction. The run must be running.
  virtual Result<void> end_run(const RunEnd& run, const std::vector<Lasting>& events) = 0;
  /// What became of a run after it ended: its answer could not be delivered. Its other figures stay. `failure` when
  /// there is no such run that has ended.
  virtual Result<void> amend_run(std::string_view run, int exit_code, std::string_view error_kind) = 0;

  virtual Result<History> read_history(std::string_view session) = 0;
  virtual Result<std::vector<StoredRecord>> records(std::string_view session) = 0;

  /// read_history() for whom the damaged ones are of no interest (they are logged).
  Result<std::vector<StoredMessage>> history(std::string_view session) {
    return read_history(session).map([](History&& read) { return std::move(read.messages); });
  }

  /// `files/<session>/`, made with mode 0700.
  virtual Result<std::string> files_directory(std::string_view session) = 0;
};

}  // namespace errand::store
