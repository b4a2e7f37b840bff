#include "tool/arguments.hpp"

#include "base/json.hpp"
#include "base/text.hpp"

namespace errand::tool {

const Json& field_at(const Json& input, std::string_view key) {
  static const Json nothing;
  if (!input.is_object()) return nothing;
  const auto found = input.find(std::string(key));
  return found == input.end() ? nothing : *found;
}

std::string string_at(const Json& input, std::string_view key, std::string_view fallback) {
  const auto& field = field_at(input, key);
  return field.is_string() ? field.get<std::string>() : std::string(fallback);
}

std::string brief_at(const Json& input, std::string_view key) {
  constexpr std::size_t max_columns = 200;
  return text::ellipsize(text::replace_all(string_at(input, key), "\n", " "), max_columns);
}

std::int64_t integer_at(const Json& input, std::string_view key, std::int64_t fallback) {
  const auto& field = field_at(input, key);
  if (!field.is_number()) return fallback;
  // validate() lets whole numbers through, written 5 or 5.0, which a double holds exactly.
  constexpr double most = 9007199254740991.0;
  const auto number = field.get<double>();
  return number >= -most && number <= most ? static_cast<std::int64_t>(number) : fallback;
}

bool flag_at(const Json& input, std::string_view key, bool fallback) {
  const auto& field = field_at(input, key);
  return field.is_boolean() ? field.get<bool>() : fallback;
}

}  // namespace errand::tool
