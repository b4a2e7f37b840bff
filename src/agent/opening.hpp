#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/agent.hpp"
#include "base/call.hpp"
#include "chat/event.hpp"
#include "chat/message.hpp"

namespace errand::agent {

/// How a run begins, after its hooks were heard.
struct Opening {
  std::optional<chat::UserMessage> changed;   ///< the prompt with what hooks add for the model; absent: as it was
  std::vector<chat::event::Warning> notices;  ///< to be told once the run is stored
  bool dropped = false;                       ///< a hook blocked the prompt: no model is to see it
};

/// Tells SessionStart, when the session begins here (`source`: "startup", "resume" or "clear"; empty: it does not), and
/// UserPromptSubmit of the run that is about to begin. Nothing is stored yet: a prompt that is dropped never will be.
Opening hear_prompt_hooks(const Agent& agent, const chat::UserMessage& prompt, std::string_view source,
                          const std::string& run, const Call& call);

/// Whoever gives a key to a model by way of a prompt has to know that it won't arrive.
chat::event::Warning secret_removed_from_prompt();

/// SessionEnd: nothing can come of it but a line in the log. `reason` is "clear", "prompt_input_exit" or "other".
void tell_session_end(const Agent& agent, std::string_view reason);

}  // namespace errand::agent
