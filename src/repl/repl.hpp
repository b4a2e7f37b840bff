#pragma once

#include <functional>
#include <optional>
#include <string>

#include "agent/chat.hpp"
#include "base/call.hpp"
#include "chat/message.hpp"
#include "repl/line_reader.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

/// The chat on a terminal: a prompt, the streamed answer, slash commands.
struct TerminalChat {
  SlashContext& slash;
  LineReader& lines;            ///< the person
  std::function<Call()> begin;  ///< a fresh Call for the next prompt or wait: what was cancelled before is over
  std::function<void()> typed;  ///< told of each line that was typed
  std::function<void()> before_prompt{};  ///< called before each prompt is read; may be empty
  std::function<bool()> must_leave;       ///< SIGTERM, SIGHUP, a closed stdout, or two interrupts
  /// Told of Ctrl-C at a prompt: it comes close behind one that cancelled, and must_leave holds from now on.
  std::function<bool()> leave_if_cancelled_before;
  std::function<Result<chat::UserMessage>(const std::string& line, const Call& call)> message_of;
  std::function<void(const Error&)> show_error;
};

/// Until the person leaves. Failed runs were shown and end nothing. Returns the exit code.
int run_terminal_chat(TerminalChat& chat, const std::optional<std::string>& first_prompt);

}  // namespace errand::repl
