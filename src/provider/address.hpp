#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "chat/model.hpp"
#include "http/transport.hpp"

namespace errand::provider {

/// The headers that carry the provider's key, as its protocol and dialect want it; none without a key. Never in the
/// URL, where proxies log it.
std::vector<http::Header> key_headers(const chat::ProviderSpec& provider);

/// Gives a request what every one to this provider carries: its own headers (which replace those of the same name), its
/// certificates and its proxy.
http::Request addressed(http::Request request, const chat::ProviderSpec& provider);

/// Where that protocol's paths begin: `/messages`, `/chat/completions`, `/models` are appended to it. The official SDKs
/// take Anthropic's address without /v1 and Gemini's without a version; one that has it is meant the same.
std::string api_root(const chat::ProviderSpec& provider);

}  // namespace errand::provider
