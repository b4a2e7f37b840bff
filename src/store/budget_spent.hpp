#pragma once

#include <string_view>

namespace errand::store {

/// Error::code of a `limit` where the budget of a day or a month is what does not suffice.
inline constexpr std::string_view budget_spent = "budget_spent";

}  // namespace errand::store
