#pragma once

#include <string_view>

#include "base/error.hpp"
#include "base/time.hpp"

namespace errand::cli {

/// `--since`: how long ago ("24h", "30d"), a date in local time ("2026-01-01") or a moment (RFC 3339). Else `usage`.
Result<Timestamp> parse_since(std::string_view text);

}  // namespace errand::cli
