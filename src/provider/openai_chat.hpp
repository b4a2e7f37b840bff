#pragma once

#include <memory>
#include <string>
#include <vector>

#include "provider/codec.hpp"

namespace errand::provider {

/// Decodes chat.completions chunks (https://platform.openai.com/docs/api-reference/chat-streaming) in all recorded
/// dialects. Only choice 0 is read. A stream is complete with a `finish_reason` or `[DONE]`: servers leave out either.
std::unique_ptr<Decoder> make_openai_chat_decoder(const Endpoint& endpoint);

/// The request's body.
std::string openai_chat_body(const Request& request, const Endpoint& endpoint);
/// As Codec::left_out.
std::vector<chat::event::Warning> openai_chat_left_out(const Request& request, const Endpoint& endpoint);

}  // namespace errand::provider
