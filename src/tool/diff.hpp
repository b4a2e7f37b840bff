#pragma once

#include <string>
#include <string_view>

namespace errand::tool {

struct DiffLimits {
  std::size_t context_lines = 3;
  std::size_t max_bytes = 12'000;  ///< of the result; the rest is replaced by a note
};

/// Nothing is left out, for who decides upon it.
inline constexpr DiffLimits whole_diff{.max_bytes = static_cast<std::size_t>(-1)};

/// The hunks of a unified diff by lines (Myers, "An O(ND) Difference Algorithm", 1986): "@@ -1,3 +1,4 @@", then lines
/// marked ' ', '-' and '+'. Empty when the texts are equal. Texts that differ in more than some 1,000 lines are shown
/// as one replacement of all that lies between their common beginning and end. The bytes are those of the texts.
std::string unified_diff(std::string_view before, std::string_view after, const DiffLimits& limits = {});

}  // namespace errand::tool
