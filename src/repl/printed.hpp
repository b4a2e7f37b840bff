#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "chat/message.hpp"
#include "store/session_store.hpp"

namespace errand::repl {

/// A tool call of a conversation that has ended. Borrows from the history.
struct EndedCall {
  const chat::ToolCall* call = nullptr;
  const chat::ToolResult* result = nullptr;
  Timestamp ended{};
};

/// The newest first.
[[nodiscard]] std::vector<EndedCall> ended_calls(const store::History& history);

/// Harmless, on one line: the tool and what it was about.
[[nodiscard]] std::string name_of(const EndedCall& ended);

/// Harmless: all of what it was given that says what it does, and its result. Where that was too long for the model,
/// the whole of it is read from `files_directory`, the session's (empty: as the model has it).
[[nodiscard]] std::string text_of(const EndedCall& ended, const std::string& files_directory);

/// Harmless: what the model thought before and between the calls of the newest prompt that it told of; may be empty.
[[nodiscard]] std::string newest_thinking(const store::History& history);

}  // namespace errand::repl
