#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "chat/message.hpp"
#include "provider/codec.hpp"

namespace errand::provider {

/// What OpenAI's protocols differ in; where requests go, who they are from and how failures read is the same.
struct OpenAiProtocol {
  std::string_view path;  ///< below the provider's base URL; not owned, a literal
  std::string (*body)(const Request& request, const Endpoint& endpoint);
  std::unique_ptr<Decoder> (*decoder)(const Endpoint& endpoint);
  std::vector<chat::event::Warning> (*left_out)(const Request& request, const Endpoint& endpoint);
};

std::unique_ptr<Codec> make_openai_codec(const OpenAiProtocol& protocol);

/// A usage whose counts are as they came: the `prompt` holds what was cached of it, and reasoning is a part of the
/// output or, with xAI and Gemini behind gateways, beside it; the numbers, with the server's `total` of all, give that
/// away. Afterwards the parts add up.
void settle_usage(chat::Usage& usage, std::int64_t prompt, std::int64_t total);

}  // namespace errand::provider
