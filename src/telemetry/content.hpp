#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.hpp"
#include "chat/message.hpp"

namespace errand::telemetry {

/// Bytes of one text that are exported; the rest is left out and said to be.
inline constexpr std::size_t max_content_bytes = std::size_t{32} << 10U;

/// `text` as it is exported: as it is, or its beginning and end.
std::string bounded(std::string_view text);

// Messages as the GenAI conventions write them: {"role", "parts": [{"type": "text", "content"}, …]}. Media is named,
// not sent; what only a provider understands is left out.
Json message_json(const chat::UserMessage& message);
Json message_json(const chat::AssistantMessage& message);
Json message_json(const chat::ToolResult& result);

}  // namespace errand::telemetry
