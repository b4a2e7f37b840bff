#pragma once

#include <cstdint>
#include <string>

#include "base/json_fwd.hpp"

namespace errand {

// Fields of JSON that somebody else wrote: what is absent, of another type, or a field of no object is empty.

/// The text at `key`; empty where there is none.
std::string string_at(const Json& json, const char* key);
/// The whole number at `key`; 0 where there is none.
std::int64_t integer_at(const Json& json, const char* key);

}  // namespace errand
