#pragma once

#include <string>
#include <string_view>

#include "base/json_fwd.hpp"
#include "chat/event.hpp"

namespace errand::chat {

/// The `type` of docs/events.md.
std::string_view type_of(const EventBody& body);

/// Whether the store keeps this event (the "lasting" column of docs/events.md).
[[nodiscard]] bool is_lasting(const EventBody& body);

/// The event as one JSON object: envelope first, then the body's fields.
Json to_json(const Event& event);

/// Compact, valid UTF-8 (bad bytes replaced), no line end.
std::string to_json_line(const Event& event);

/// The body's fields alone, as the store keeps them.
Json body_json(const EventBody& body);

Json to_json(const Usage& usage);
Json to_json(const Error& error);

}  // namespace errand::chat
