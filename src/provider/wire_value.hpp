#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json_fwd.hpp"
#include "provider/codec.hpp"

namespace errand::provider {

// Reading JSON that a server sent: what is missing, null or of another type is empty, never an exception.

std::string text_at(const Json& json, const char* key);
std::size_t size_at(const Json& json, const char* key);    ///< 0 when it is no whole number >= 0
const Json& object_at(const Json& json, const char* key);  ///< an empty object when it is none
const Json& array_at(const Json& json, const char* key);   ///< an empty list when it is none

/// Whether `json` has an `error` that says something: null, false, "", 0, {} and [] say that there is none.
[[nodiscard]] bool has_error(const Json& json);

/// Replaces `value` by the whole number >= 0 at `key`, when there is one (100.0 is one). No wire counts more than 2^53
/// tokens.
void overwrite(std::int64_t& value, const Json& json, const char* key);

/// What ends a Chat Completions stream, and what some proxies add to any.
inline constexpr std::string_view done_mark = "[DONE]";

/// An event that says nothing: blank data, or the mark of an end.
[[nodiscard]] bool is_filler(const http::SseEvent& event);

/// An `event: error` whose data is text rather than JSON.
[[nodiscard]] bool is_plain_error(const http::SseEvent& event);

/// Parses an event's data; bad UTF-8 in it becomes U+FFFD. Fails with `unavailable`, retryable.
Result<Json> parse_wire(std::string_view data, const Endpoint& endpoint);

/// `path` appended to `base_url`, before its query if it has one.
std::string joined_url(std::string_view base_url, std::string_view path);

/// The host of a URL in lower case, without its port.
std::string host_of(std::string_view url);

/// What an API takes as the name of a function, or as the id of a call: [a-zA-Z0-9_-], at most 64 bytes. A model may
/// have written anything, and a name that is refused would make every later request fail.
std::string plain_name(std::string_view name);

}  // namespace errand::provider
