#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json_fwd.hpp"
#include "chat/message.hpp"

namespace errand::chat {

// Messages as JSON, the same in the store, in events and in exports: content is a list of blocks (`text`, `image`,
// `document`, `thinking`, `redacted_thinking`, `tool_use`, `tool_result`, `native`). Media is base64.

Json content_json(const std::vector<UserBlock>& content);
Json content_json(const std::vector<AssistantBlock>& content);

/// {"role":"user","content":[…]}, {"role":"assistant","content":[…],"model","stop_reason","usage"},
/// {"role":"tool_result","tool_use_id","content":[…],"is_error"}.
Json to_json(const UserMessage& message);
Json to_json(const AssistantMessage& message);
Json to_json(const ToolResult& result);

/// The reverse; what is malformed is ErrorKind::storage naming the field. Content may be a string.
Result<UserMessage> user_from_json(const Json& json);
Result<AssistantMessage> assistant_from_json(const Json& json);
Result<ToolResult> tool_result_from_json(const Json& json);

std::string base64_encode(std::string_view bytes);
Result<std::string> base64_decode(std::string_view text);

/// JSON text that is always valid UTF-8: bad bytes become U+FFFD.
std::string dump(const Json& json);

/// Levels JSON from outside may nest: what is written back is written recursively, so more would cost the stack.
inline constexpr std::size_t max_json_depth = 256;

/// Whether the brackets of `text` nest deeper than `levels`; text that is no JSON gives some answer.
[[nodiscard]] bool nests_deeper_than(std::string_view text, std::size_t levels);

/// Parses `text`; a failure is ErrorKind::failure with the parser's position, never an exception. Fails beyond
/// max_json_depth too.
Result<Json> parse_json(std::string_view text);

/// A tool call's arguments as an object: "" and white space are {}; anything but an object, and what nests beyond
/// max_json_depth, is nullopt.
std::optional<Json> parse_arguments(std::string_view arguments);

}  // namespace errand::chat
