#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/agent.hpp"
#include "agent/changes.hpp"
#include "agent/compaction.hpp"
#include "agent/context_use.hpp"
#include "agent/person_command.hpp"
#include "agent/run.hpp"
#include "agent/services.hpp"
#include "agent/session.hpp"
#include "base/sync.hpp"

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
  std::string parent{};                      ///< the session that a new one is kept beneath; empty: none
  std::string trigger;                       ///< as RunOptions
  std::vector<std::string> argv;
  std::function<CancelledBy()> cancelled_by;
  std::vector<chat::event::Warning> warnings;  ///< told with the first run
  WhenBusy when_busy = WhenBusy::fail;
  std::function<void(const Error& busy)> on_wait;  ///< called once before it waits; may be empty
  AnswerPart answer = AnswerPart::whole;           ///< as RunOptions
};

/// A session from the side of the person or script that talks: prompts go in one after the other; agent and model may
/// change in between. A new session is made with its first prompt, so that nothing empty is kept. Not thread-safe, but
/// for what says so.
class Chat {
 public:
  Chat(const Services& services, ChatStart start) : services_(services), start_(std::move(start)) { see_session(); }

  /// Opens session and agent when that has not happened, then runs. An Error means that no run began: `busy`, `auth`,
  /// `storage`, `config`.
  Result<RunResult> ask(const chat::UserMessage& prompt, const Call& call);

  /// rehearse()s the next run, which does not happen. Opens the model, and a session that goes on only to be read.
  Result<void> rehearse(const chat::UserMessage& prompt, const std::function<void(const chat::event::Warning&)>& warn,
                        const Call& call) const;

  /// Makes the session shorter for the model: older turns become a summary, for which `hint` (may be empty) says what
  /// matters. `failure` when there is nothing to leave out; else as ask().
  Result<Compacted> compact(const std::string& hint, const Call& call);

  /// Goes to the model behind the next prompt, and is kept with it; text that is longer than a tool's result may be is
  /// cut as that is. start_new() and resume_with() forget it.
  void add_to_next(std::vector<chat::UserBlock> blocks);

  /// Runs a command for the person (run_for_person()) and adds it to the next prompt. Opens neither model nor session.
  Result<PersonCommandResult> run_command(const PersonCommand& wanted,
                                          const std::function<void(std::string_view text)>& on_output,
                                          const Call& call);

  /// What fills the window of the model. Opens the model where none is open yet, and never the session.
  Result<ContextUse> context_use(const Call& call);

  /// From the next prompt on. The session goes on; its row is changed with the next run.
  void use_agent(chat::AgentDefinition definition);
  void use_models(std::vector<std::string> models);
  /// The agent's permission mode in this session, from the next prompt on.
  void use_mode(chat::PermissionMode mode);

  /// Rules that the person gave at an approval and that hold now: those of the session, then those that are kept.
  [[nodiscard]] std::vector<chat::Rule> granted() const { return grants_->rules(); }

  /// Begins to connect to the agent's MCP servers, so that the first prompt need not wait for them.
  void begin_servers() const;

  /// The agent's MCP servers as they are now.
  [[nodiscard]] std::vector<tool::ServerStatus> servers() const;

  /// Connects to one of them anew; the next prompt has the tools it lists then. `failure` for a name that is none.
  Result<tool::ServerStatus> reconnect_server(const std::string& name, const Call& call);

  /// The mode that decides now: a run in progress may be in another than it began with. From any thread within
  /// beside_run().
  [[nodiscard]] chat::PermissionMode mode() const {
    return agent_ ? agent_->permissions.mode() : start_.definition.permission_mode;
  }

  /// Calls `look` on another thread than the one that talks, while a run is in progress, which does not end before
  /// `look` has. What is const may be called in it, and context_use(). False: there is none, or it is just beginning.
  bool beside_run(const std::function<void()>& look);

  /// Within beside_run(): from the run's next call on, and afterwards.
  void use_mode_at_once(chat::PermissionMode mode) const { agent_->permissions.use_mode(mode); }

  /// What runs take messages from while they work; borrowed. Null: from nobody.
  void use_steering(Steering* steering) { steering_ = steering; }

  /// The next prompt begins a new session; the one before has ended.
  void start_new();

  /// The next prompt goes on with that session; the one before has ended.
  void resume_with(store::SessionInfo session);

  /// Gives the session's lease back and forgets what is known of it, so that others may change it; the next prompt goes
  /// on with what is stored then. What runs in the background goes on.
  void let_go();

  /// A new session that goes on from here, with that name (may be empty); the next prompt goes there. `failure` before
  /// the first prompt.
  Result<store::SessionInfo> fork(const std::string& name);

  /// The session that the next prompt goes to; empty: one that is not there yet.
  [[nodiscard]] std::string session_id() const;

  /// The same as of the newest run or resume, from any thread.
  [[nodiscard]] std::string session_seen() const {
    return seen_.with([](const std::string& id) { return id; });
  }

  /// The conversation that the next prompt adds to, without it being open for writing.
  [[nodiscard]] Result<store::History> conversation() const;

  /// Commands that the session runs in the background, and those that have ended. They are stopped when another session
  /// goes on, and with this.
  [[nodiscard]] std::vector<tool::Shells::Status> background() const;

  /// How long the conversation was with its newest reply, as the API said, also of a session that is not open; 0: not
  /// known.
  [[nodiscard]] std::int64_t context_tokens() const;

  /// The todo list as it stands, also of a session that is not open.
  [[nodiscard]] Result<std::vector<chat::event::TodoItem>> todos() const;

  /// Files that tools of the session changed, with what they held before and hold now.
  [[nodiscard]] Result<std::vector<FileChange>> changed_files() const;

  /// Files that its tools read or changed, sorted by path.
  [[nodiscard]] Result<std::vector<TouchedFile>> touched_files() const;

  /// A path as people see it: relative to the workspace where it lies in it.
  [[nodiscard]] std::string shown_path(const std::string& absolute_path) const;

  /// Tells hooks that the session has ended, if one began here: "prompt_input_exit", "other". Once.
  void end(std::string_view reason);

  [[nodiscard]] const chat::AgentDefinition& definition() const { return start_.definition; }
  [[nodiscard]] const Session* session() const { return session_ ? &*session_ : nullptr; }

 private:
  Result<void> open_model(const Call& call);
  Result<void> open(const chat::UserMessage& first, const Call& call);
  Result<chat::UserMessage> readable(const chat::UserMessage& prompt, const provider::Provider& provider,
                                     const Call& call) const;
  Result<void> open_session(const chat::UserMessage& first, chat::ThinkingStyle style, const Call& call);
  Result<Session> open_resumed(chat::ThinkingStyle style, const Call& call);
  Result<void> change_session();
  void follow_mode();
  void see_session();
  void set_runs(bool runs);
  Result<ContextUse> stored_context_use() const;
  void open_anew();
  Result<chat::UserMessage> with_additions(const chat::UserMessage& prompt);
  [[nodiscard]] tool::SessionState& state() const;
  Result<Session> unleased_session(chat::ThinkingStyle style) const;

  const Services& services_;
  ChatStart start_;
  std::optional<Session> session_;
  std::unique_ptr<provider::Provider> provider_;  // of the agent that is opened next
  std::optional<Agent> agent_;
  std::optional<Agent> former_;  // of the session, without its model, while the one that follows is not open
  std::vector<std::vector<chat::UserBlock>> additions_;  // to the next prompt
  // Of commands before the first prompt, and of a session that was let go; the session that is opened goes on with it.
  std::shared_ptr<tool::SessionState> early_state_ = std::make_shared<tool::SessionState>();
  std::shared_ptr<Grants> grants_ = std::make_shared<Grants>();  // of every session and agent here
  Announce announce_ = Announce::ready;
  std::string session_source_;  // of a session that no run has begun yet
  bool cleared_ = false;
  Steering* steering_ = nullptr;
  Sync<std::string> seen_;  // session_id()
  std::mutex running_;      // whoever has it can rely on runs_
  bool runs_ = false;       // of all above only the conversation changes
};

}  // namespace errand::agent
