#include "http/transport.hpp"

namespace errand::http {

std::optional<std::string> ResponseHead::header(std::string_view name) const {
  for (const auto& field : headers) {
    if (field.name == name) return field.value;
  }
  return std::nullopt;
}

}  // namespace errand::http
