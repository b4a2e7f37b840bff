#pragma once

#include <string_view>

namespace errand::policy {

/// How a deny or ask rule fits a call.
enum class Match {
  no,
  maybe,  ///< it cannot be excluded
  yes,
};

/// `*` in `pattern` stands for any text, '/' and blanks too.
[[nodiscard]] bool matches_wildcard(std::string_view pattern, std::string_view text);

}  // namespace errand::policy
