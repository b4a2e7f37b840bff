#pragma once

#include <cstdint>

#include "provider/provider.hpp"

namespace errand::provider {

/// About how many tokens the request's prompt has, from its bytes alone: text at one token for 3.5 bytes of ASCII and
/// for 2 of anything else, an image as 1,600, each message with a few of its own. Meant to be rather too high.
std::int64_t estimate_tokens(const Request& request);
std::int64_t estimate_tokens(const chat::Message& message);

}  // namespace errand::provider
