#pragma once

#include "base/secrets.hpp"
#include "chat/event.hpp"
#include "chat/message.hpp"

namespace errand::agent {

// Secrets are taken out of all text on its way to the store, to the sinks and into the history that requests are made
// of: the same text in each, so that a session that is opened again sends the bytes the live one would. Ids,
// signatures, media and blocks that only one provider understands stay byte for byte.

chat::UserMessage cleaned(chat::UserMessage message, const secrets::Redactor& secrets);

/// Calls keep their arguments as JSON text. Thinking that loses a secret loses its signature too, which would no longer
/// be true: it is not sent back.
chat::AssistantMessage cleaned(chat::AssistantMessage message, const secrets::Redactor& secrets);

/// What a reply calls things, before anything is made of it: an id or a tool's name with a secret in it becomes another
/// one that stays the same, so that call, events and result go on belonging together.
chat::AssistantMessage with_harmless_names(chat::AssistantMessage message, const secrets::Redactor& secrets);

chat::ToolResult cleaned(chat::ToolResult result, const secrets::Redactor& secrets);

chat::EventBody cleaned(chat::EventBody body, const secrets::Redactor& secrets);

}  // namespace errand::agent
