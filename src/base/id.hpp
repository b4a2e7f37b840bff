#pragma once

#include <string>
#include <string_view>

#include "base/time.hpp"

namespace errand {

/// A UUIDv7 (RFC 9562, 5.7): sorts by time, also within one millisecond of one process.
std::string make_uuid7(Timestamp at);

[[nodiscard]] bool is_uuid(std::string_view text);

/// `n` random bytes from the kernel as lower-case hexadecimal.
std::string random_hex(std::size_t n);

}  // namespace errand
