#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "provider/codec.hpp"

namespace errand::provider {

/// Decodes the Responses API: https://platform.openai.com/docs/api-reference/responses-streaming
///
/// A stream is complete with response.completed or response.incomplete (`[DONE]` is no end). What an item holds is what
/// the terminal event says, else its output_item.done; deltas are shown as they come and made good by these. Items are
/// joined by `output_index`, since proxies change their ids between events.
std::unique_ptr<Decoder> make_openai_responses_decoder(const Endpoint& endpoint);

/// The request's body. Stateless: nothing is kept by the server, reasoning goes back as it came.
std::string openai_responses_body(const Request& request, const Endpoint& endpoint);

/// What of the request the body lacks.
std::vector<chat::event::Warning> openai_responses_left_out(const Request& request, const Endpoint& endpoint);

}  // namespace errand::provider
