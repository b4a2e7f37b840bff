#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/chat.hpp"
#include "base/call.hpp"
#include "base/error.hpp"
#include "chat/event.hpp"
#include "chat/interaction.hpp"
#include "cli/command.hpp"
#include "cli/engine.hpp"
#include "cli/run_options.hpp"

namespace errand::cli {

/// The session that -c or -r name, of `project` where they name none; nullopt when they stand not there. `failure` when
/// it is not there.
Result<std::optional<store::SessionInfo>> session_to_resume(const RunArguments& arguments, store::Store& store,
                                                            const std::string& project);

/// What `run` and `chat` have in common: the engine, the agent, the session to go on with.
class Talk {
 public:
  /// `sink` and `interaction` are borrowed; `trigger` as in agent::RunOptions. --lock is held until this goes; `busy`
  /// when it can't be had, as --if-running says.
  static Result<std::unique_ptr<Talk>> start(const Invocation& invocation, const RunArguments& arguments,
                                             chat::EventSink& sink, chat::Interaction& interaction,
                                             const std::string& trigger);

  [[nodiscard]] agent::Chat& chat() { return *chat_; }
  [[nodiscard]] const agent::Chat& chat() const { return *chat_; }
  [[nodiscard]] const Engine& engine() const { return *engine_; }
  /// What chat() tells with its first run: for who asks nothing of it.
  [[nodiscard]] const std::vector<chat::event::Warning>& warnings() const { return warnings_; }

  /// Chat::ask(). Where no run could begin that would carry the configuration's warnings, they go to stderr.
  Result<agent::RunResult> ask(const chat::UserMessage& prompt, const Call& call);

  /// A Call for the next run: what stopped the last one is over, the time limit starts anew at `from`.
  [[nodiscard]] Call begin_run(Call::Clock::time_point from);

 private:
  Result<void> take_lock(const RunArguments& arguments);
  explicit Talk(const Invocation& invocation) : invocation_(invocation) {}

  Invocation invocation_;  // references, to what outlives every run
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<store::Lease> lock_;  // --lock
  std::optional<agent::Chat> chat_;
  std::vector<chat::event::Warning> warnings_;
  bool warned_ = false;
};

}  // namespace errand::cli
