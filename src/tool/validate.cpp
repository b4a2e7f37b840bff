#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "tool/tool.hpp"

namespace errand::tool {

namespace {

// Deeper schemas than this are not followed; ours have three levels.
constexpr int max_depth = 32;

// How much of a wrong value is repeated to the model.
constexpr std::size_t max_shown_columns = 60;

// Beyond it a double no longer holds every integer (RFC 8259, section 6).
constexpr double max_exact_integer = 9007199254740991.0;

std::string shown(const Json& value) {
  return text::ellipsize(value.dump(-1, ' ', false, Json::error_handler_t::replace), max_shown_columns);
}

bool is_integer(const Json& value) {
  if (!value.is_number()) return false;
  const auto number = value.get<double>();
  return std::abs(number) <= max_exact_integer && std::trunc(number) == number;
}

bool has_type(const Json& value, std::string_view type) {
  if (type == "string") return value.is_string();
  if (type == "integer") return is_integer(value);
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  if (type == "array") return value.is_array();
  if (type == "object") return value.is_object();
  if (type == "null") return value.is_null();
  return true;
}

std::string with_article(std::string_view type) {
  if (type == "null") return "null";
  return fmt::format("{} {}", type == "integer" || type == "array" || type == "object" ? "an" : "a", type);
}

std::vector<std::string> types_of(const Json& schema) {
  const auto found = schema.find("type");
  if (found == schema.end()) return {};
  if (found->is_string()) return {found->get<std::string>()};
  std::vector<std::string> out;
  if (!found->is_array()) return out;
  for (const auto& type : *found) {
    if (type.is_string()) out.push_back(type.get<std::string>());
  }
  return out;
}

// What stands there instead, as a noun phrase.
std::string what_came(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_string()) return fmt::format("the string {}", shown(value));
  if (value.is_number()) return fmt::format("the number {}", shown(value));
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  return value.is_array() ? "an array" : "an object";
}

// A field's place as people write it: todos[2].status
std::string below(std::string_view at, std::string_view key) {
  return at.empty() ? std::string(key) : fmt::format("{}.{}", at, key);
}

std::optional<double> number_at(const Json& schema, const char* key) {
  const auto found = schema.find(key);
  if (found == schema.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

class Checker {
 public:
  explicit Checker(std::string_view tool) : tool_(tool) {}

  Result<void> check(const Json& schema, const Json& value, const std::string& at, int depth) const {
    if (!schema.is_object() || depth > max_depth) return {};
    ERRAND_TRY(check_type(schema, value, at));
    ERRAND_TRY(check_enum(schema, value, at));
    if (value.is_number()) return check_number(schema, value, at);
    if (value.is_string()) return check_string(schema, value, at);
    if (value.is_array()) return check_array(schema, value, at, depth);
    if (value.is_object()) return check_object(schema, value, at, depth);
    return {};
  }

 private:
  [[nodiscard]] tl::unexpected<Error> wrong(const std::string& at, std::string_view rest) const {
    if (at.empty()) return fail(ErrorKind::failure, fmt::format("the input of {} {}", tool_, rest));
    return fail(ErrorKind::failure, fmt::format("{}: \"{}\" {}", tool_, at, rest));
  }

  [[nodiscard]] Result<void> check_type(const Json& schema, const Json& value, const std::string& at) const {
    const auto types = types_of(schema);
    if (types.empty() || std::ranges::any_of(types, [&](const auto& type) { return has_type(value, type); })) return {};
    std::vector<std::string> wanted;
    for (const auto& type : types) wanted.push_back(with_article(type));
    return wrong(at, fmt::format("must be {}, not {}", text::join(wanted, " or "), what_came(value)));
  }

  [[nodiscard]] Result<void> check_enum(const Json& schema, const Json& value, const std::string& at) const {
    const auto allowed = schema.find("enum");
    if (allowed == schema.end() || !allowed->is_array()) return {};
    if (std::ranges::find(*allowed, value) != allowed->end()) return {};
    std::vector<std::string> names;
    for (const auto& name : *allowed) names.push_back(name.is_string() ? name.get<std::string>() : shown(name));
    return wrong(at, fmt::format("must be one of {}, not {}", text::join(names, ", "), what_came(value)));
  }

  [[nodiscard]] Result<void> check_number(const Json& schema, const Json& value, const std::string& at) const {
    const auto number = value.get<double>();
    if (const auto least = number_at(schema, "minimum"); least && number < *least)
      return wrong(at, fmt::format("must be at least {}, not {}", *least, shown(value)));
    if (const auto most = number_at(schema, "maximum"); most && number > *most)
      return wrong(at, fmt::format("must be at most {}, not {}", *most, shown(value)));
    return {};
  }

  [[nodiscard]] Result<void> check_string(const Json& schema, const Json& value, const std::string& at) const {
    const auto least = number_at(schema, "minLength");
    if (!least || static_cast<double>(value.get_ref<const std::string&>().size()) >= *least) return {};
    return *least <= 1 ? wrong(at, "must not be empty")
                       : wrong(at, fmt::format("must have at least {} characters", *least));
  }

  [[nodiscard]] Result<void> check_array(const Json& schema, const Json& value, const std::string& at,
                                         int depth) const {
    const auto size = static_cast<double>(value.size());
    if (const auto least = number_at(schema, "minItems"); least && size < *least)
      return wrong(at, fmt::format("must have at least {} entries, not {}", *least, value.size()));
    if (const auto most = number_at(schema, "maxItems"); most && size > *most)
      return wrong(at, fmt::format("must have at most {} entries, not {}", *most, value.size()));
    const auto items = schema.find("items");
    if (items == schema.end()) return {};
    for (std::size_t i = 0; i < value.size(); ++i) {
      ERRAND_TRY(check(*items, value[i], fmt::format("{}[{}]", at, i), depth + 1));
    }
    return {};
  }

  [[nodiscard]] Result<void> check_object(const Json& schema, const Json& value, const std::string& at,
                                          int depth) const {
    const auto found = schema.find("properties");
    const Json properties = found == schema.end() || !found->is_object() ? Json::object() : *found;
    ERRAND_TRY(check_unknown(schema, properties, value, at));
    ERRAND_TRY(check_required(schema, properties, value, at));
    for (const auto& [key, property] : properties.items()) {
      if (const auto field = value.find(key); field != value.end())
        ERRAND_TRY(check(property, *field, below(at, key), depth + 1));
    }
    return {};
  }

  // Before what is missing: a misspelt name explains both.
  [[nodiscard]] Result<void> check_unknown(const Json& schema, const Json& properties, const Json& value,
                                           const std::string& at) const {
    const auto extra = schema.find("additionalProperties");
    if (extra == schema.end() || !extra->is_boolean() || extra->get<bool>()) return {};
    for (const auto& [key, field] : value.items()) {
      if (properties.contains(key)) continue;
      std::vector<std::string> known;
      for (const auto& [name, property] : properties.items()) known.push_back(name);
      const auto shown_key = text::ellipsize(key, max_shown_columns);
      return wrong(at, fmt::format("has no field \"{}\"; {}", shown_key, text::suggest(key, known, "fields")));
    }
    return {};
  }

  [[nodiscard]] Result<void> check_required(const Json& schema, const Json& properties, const Json& value,
                                            const std::string& at) const {
    const auto required = schema.find("required");
    if (required == schema.end() || !required->is_array()) return {};
    for (const auto& name : *required) {
      if (!name.is_string()) continue;
      const auto& key = name.get_ref<const std::string&>();
      if (value.contains(key)) continue;
      const auto property = properties.find(key);
      const auto types = property == properties.end() ? std::vector<std::string>{} : types_of(*property);
      const auto type = types.empty() ? std::string() : fmt::format(" ({})", with_article(types.front()));
      return wrong(at, fmt::format("needs \"{}\"{}", key, type));
    }
    return {};
  }

  std::string_view tool_;
};

}  // namespace

Result<void> validate(const chat::ToolSpec& spec, const Json& input) {
  const auto schema = Json::parse(spec.input_schema, nullptr, false);
  if (!schema.is_object()) {
    return fail(ErrorKind::internal, fmt::format("the input schema of tool {} is not a JSON object", spec.name));
  }
  return Checker(spec.name).check(schema, input, {}, 0);
}

}  // namespace errand::tool
