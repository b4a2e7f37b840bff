#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "agent/agent.hpp"
#include "agent/reporter.hpp"
#include "agent/session.hpp"
#include "base/call.hpp"
#include "chat/message.hpp"

namespace errand::agent {

/// What the person says to a run in progress. Given from any thread; the root agent's loop takes it before its next
/// request.
class Steering {
 public:
  /// `on_taken` is called for each message that a run takes, on the run's thread; may be empty.
  explicit Steering(std::function<void()> on_taken) : on_taken_(std::move(on_taken)) {}

  /// False: no run would take it.
  [[nodiscard]] bool add(chat::UserMessage message);

  // The run's side. What is left when it closes is no longer there.
  void open();
  void close();
  std::optional<chat::UserMessage> take();

 private:
  std::function<void()> on_taken_;
  std::mutex mutex_;
  bool is_open_ = false;
  std::deque<chat::UserMessage> messages_;
};

/// Makes it a part of the conversation: hooks hear it as any prompt, it is kept, told, and stands in the history
/// without secrets. A hook that blocks it keeps it out of all of that. Fails with `storage`.
Result<void> hear_steering(const Agent& agent, Session& session, Reporter& reporter, const chat::UserMessage& message,
                           const Call& call);

}  // namespace errand::agent
