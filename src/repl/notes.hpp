#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "chat/message.hpp"
#include "repl/slash.hpp"
#include "store/session_store.hpp"

namespace errand::repl {

/// What a chat says in passing: dim, broken at words.
void show_note(std::string_view text, const SlashContext& context);

/// The beginning of a prompt on one line, as it stood when it was typed.
void show_prompt(const chat::UserMessage& prompt, const SlashContext& context);

/// What there is to know of the files that a prompt names.
void tell_of_files(const std::string& prompt, const SlashContext& context);

/// Before the chat leaves its session: what runs in the background is stopped then.
void tell_of_stopped(const SlashContext& context);

/// The same as a sentence, for when it has happened; empty: nothing runs.
[[nodiscard]] std::string stopped_by_leaving(const SlashContext& context);

/// The newest prompt of a conversation.
std::optional<chat::UserMessage> last_prompt(const store::History& history);

}  // namespace errand::repl
