#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

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

}  // namespace errand::provider
