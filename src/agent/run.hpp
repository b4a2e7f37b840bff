#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/agent.hpp"
#include "agent/answer_form.hpp"
#include "agent/session.hpp"
#include "base/call.hpp"
#include "chat/event.hpp"

namespace errand::agent {

class Steering;

/// Who asked a run to stop, and the exit code that goes with it.
struct CancelledBy {
  std::string name = "user";  ///< "SIGINT", "SIGTERM", …
  int exit_code = 130;
};

enum class Announce { ready, nothing };

struct RunOptions {
  std::string trigger;                         ///< "tty", "pipe", "cron", "chat"
  std::vector<std::string> argv;               ///< without secrets
  Announce announce = Announce::ready;         ///< whether `ready` stands before the run
  std::vector<chat::event::Warning> warnings;  ///< what to tell first: untrusted values, a changed definition
  std::string session_source;                  ///< why the session begins with this run: "startup", "resume" or
                                               ///< "clear", for hooks; empty: it began before
  std::function<CancelledBy()> cancelled_by;   ///< asked once the run was cancelled
  Steering* steering = nullptr;                ///< what the person says to it while it works; null: nothing
  AnswerPart answer = AnswerPart::whole;       ///< what `done` gives as the result
};

struct RunResult {
  std::string id;
  chat::event::Done done;
  int exit_code = 0;
  double presumed_usd = 0;  ///< what it cost as limits see it: also what is estimated of replies without a usage
};

/// One run: from a prompt to its answer, every event of it, kept in the session. Never throws for what can be expected;
/// the outcome is in the result and was reported by exactly one `done`, last. Call it with the session's lease held.
RunResult run(Agent& agent, Session& session, const chat::UserMessage& prompt, const RunOptions& options,
              const Services& services, const Call& call);

}  // namespace errand::agent
