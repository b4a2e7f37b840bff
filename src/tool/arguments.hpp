#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json_fwd.hpp"

namespace errand::tool {

// Fields of a validated input. One that is absent or of another type gives the fallback, so that targets() and
// summary() are total.

std::string string_at(const Json& input, std::string_view key, std::string_view fallback = {});
std::int64_t integer_at(const Json& input, std::string_view key, std::int64_t fallback);
bool flag_at(const Json& input, std::string_view key, bool fallback);

/// A text for summaries: on one line, at most 200 columns.
std::string brief_at(const Json& input, std::string_view key);

/// The field itself, null when it is absent.
const Json& field_at(const Json& input, std::string_view key);

}  // namespace errand::tool
