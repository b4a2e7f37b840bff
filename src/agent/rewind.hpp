#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "chat/event.hpp"
#include "store/session_store.hpp"

namespace errand::agent {

/// A way back to an earlier point of a conversation. Nothing of it is removed from the store.
struct Rewinding {
  std::vector<chat::event::Rewound> events;  ///< to append, in order; empty: the conversation stands there already
  std::vector<std::string> leaving;    ///< ids of messages that are no part of the conversation any more, in order
  std::vector<std::string> returning;  ///< ids of those that an earlier rewind took out
  bool undoes_compaction = false;
};

/// What a session's conversation is now, and everything that was ever said in it.
struct Said {
  const store::History& history;
  const std::vector<store::StoredRecord>& records;
};

/// A prompt of the conversation, by message id.
struct SaidPrompt {
  std::string id;
  std::string before;  ///< the message it follows; empty: it is the first
};

/// The prompts that rewind_before_prompt() counts, oldest first.
std::vector<SaidPrompt> prompts_in(const Said& said);

/// The id of the message that `wanted` is, or is the only beginning of (4 characters or more); `failure` else.
Result<std::string> find_message(const std::vector<store::StoredRecord>& records, std::string_view wanted);

/// To before the `nth` newest prompt of the person, counted from 1. `failure` when there are not so many.
Result<Rewinding> rewind_before_prompt(const Said& said, int nth);

/// So that the conversation ends with a message, named by its id or by the only beginning of 4 characters or more;
/// results belong to the reply that made their calls and stay with it. A message that was rewound comes back, with what
/// led to it. `failure` when there is no such message.
Result<Rewinding> rewind_to(const Said& said, std::string_view message);

/// Takes back the newest compaction, and no message with it. `failure` when none counts.
Result<Rewinding> undo_compaction(const Said& said);

}  // namespace errand::agent
