#pragma once

#include <memory>

#include "chat/model.hpp"
#include "chat/script.hpp"
#include "provider/provider.hpp"

namespace errand::provider {

/// A model that plays the turns of a file: the first unused one whose conditions hold, each once. Needs no key and no
/// network, drives the real tools, and calls itself "scripted/<file>". Safe to call from several threads: each call
/// takes its own turn. What is used up is used up for this object.
///
/// Text comes in deltas of one word. `{{last_tool_result}}`, `{{user}}` and either with `| first_line` are filled in,
/// in text and (as JSON) in the input of tool calls; other braces are text. Usage is what the script says, else zero.
/// A prompt without a turn is `failure` naming the file and the prompt. Fails to be made with `config` when a pattern
/// is no RE2.
Result<std::unique_ptr<Provider>> make_scripted(chat::Script script, chat::ModelSpec model);

}  // namespace errand::provider
