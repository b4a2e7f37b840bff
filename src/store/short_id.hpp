#pragma once

#include <cstddef>
#include <string_view>

namespace errand::store {

/// How much of an id people see: its whole time, which SessionStore::find() takes for a reference of its own.
inline constexpr std::size_t short_id_length = 13;

[[nodiscard]] constexpr std::string_view short_id(std::string_view id) {
  return id.substr(0, short_id_length);
}

}  // namespace errand::store
