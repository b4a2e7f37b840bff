#include <fmt/format.h>

#include "base/json.hpp"
#include "base/json_schema.hpp"
#include "tool/tool.hpp"

namespace errand::tool {

Result<void> validate(const chat::ToolSpec& spec, const Json& input) {
  const auto schema = Json::parse(spec.input_schema, nullptr, false);
  if (!schema.is_object()) {
    return fail(ErrorKind::internal, fmt::format("the input schema of tool {} is not a JSON object", spec.name));
  }
  const auto mistakes = json_schema::mistakes_in(input, schema, json_schema::Keywords::plain, 1);
  if (mistakes.empty()) return {};
  const auto& first = mistakes.front();
  const auto said = json_schema::to_string(first, fmt::format("the input of {}", spec.name));
  return fail(ErrorKind::failure, first.at.empty() ? said : fmt::format("{}: {}", spec.name, said));
}

}  // namespace errand::tool
