#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/agent.hpp"
#include "agent/compaction.hpp"
#include "agent/run.hpp"
#include "agent/services.hpp"
#include "agent/session.hpp"

namespace errand::agent {

/// What happens when another process has the session.
enum class WhenBusy {
  fail,  ///< `busy`
  wait,  ///< until it is free, for as long as the run may take
  fork,  ///< a new session goes on from what is stored so far
};

/// What a chat starts with.
struct ChatStart {
  chat::AgentDefinition definition;
  std::optional<store::SessionInfo> resume;  ///< go on with this session; else a new one
  std::string name;                          ///< of a new session; may be empty
  std::string trigger;                       ///< as RunOptions
  std::vector<std::string> argv;
  std::function<CancelledBy()> cancelled_by;
  std::vector<chat::event::Warning> warnings;  ///< told with the first run
  WhenBusy when_busy = WhenBusy::fail;
  std::function<void(const Error& busy)> on_wait;  ///< called once before it waits; may be empty
};

/// A session from the side of the person or script that talks: prompts go in one after the other; agent and model may
/// change in between. A new session is made with its first prompt, so that nothing empty is kept. Not thread-safe.
class Chat {
 public:
  Chat(const Services& services, ChatStart start) : services_(services), start_(std::move(start)) {}

  /// Opens session and agent when that has not happened, then runs. An Error means that no run began: `busy`, `auth`,
  /// `storage`, `config`.
  Result<RunResult> ask(const chat::UserMessage& prompt, const Call& call);

  /// Makes the session shorter for the model: older turns become a summary, for which `hint` (may be empty) says what
  /// matters. `failure` when there is nothing to leave out; else as ask().
  Result<Compacted> compact(const std::string& hint, const Call& call);

  /// From the next prompt on. The session goes on; its row is changed with the next run.
  void use_agent(chat::AgentDefinition definition);
  void use_models(std::vector<std::string> models);

  /// What runs take messages from while they work; borrowed. Null: from nobody.
  void use_steering(Steering* steering) { steering_ = steering; }

  /// The next prompt begins a new session; the one before has ended.
  void start_new();

  /// The next prompt goes on with that session; the one before has ended.
  void resume_with(store::SessionInfo session);

  /// Gives the session's lease back and forgets what is known of it, so that others may change it; the next prompt goes
  /// on with what is stored then.
  void let_go();

  /// A new session that goes on from here, with that name (may be empty); the next prompt goes there. `failure` before
  /// the first prompt.
  Result<store::SessionInfo> fork(const std::string& name);

  /// The session that the next prompt goes to; empty: one that is not there yet.
  [[nodiscard]] std::string session_id() const;

  /// The conversation that the next prompt adds to, without it being open for writing.
  [[nodiscard]] Result<store::History> conversation() const;

  /// Tells hooks that the session has ended, if one began here: "prompt_input_exit", "other". Once.
  void end(std::string_view reason);

  [[nodiscard]] const chat::AgentDefinition& definition() const { return start_.definition; }
  [[nodiscard]] const Session* session() const { return session_ ? &*session_ : nullptr; }

 private:
  Result<void> open(const chat::UserMessage& first, const Call& call);
  Result<void> open_session(const chat::UserMessage& first, chat::ThinkingStyle style, const Call& call);
  Result<Session> open_resumed(chat::ThinkingStyle style, const Call& call);
  Result<void> change_session();
  void follow_mode();

  const Services& services_;
  ChatStart start_;
  std::optional<Session> session_;
  std::optional<Agent> agent_;
  Announce announce_ = Announce::ready;
  std::string session_source_;  // of a session that no run has begun yet
  bool cleared_ = false;
  Steering* steering_ = nullptr;
};

}  // namespace errand::agent
