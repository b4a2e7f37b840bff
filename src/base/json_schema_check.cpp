#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "base/json_schema.hpp"
#include "base/json_schema_parts.hpp"
#include "base/text.hpp"
#include "base/try.hpp"

namespace errand::json_schema {

namespace {

constexpr std::array<std::string_view, 7> type_names = {"string", "integer", "number", "boolean",
                                                        "array",  "object",  "null"};

// What a keyword's value has to be.
enum class Form {
  schema,          // or true, false
  schemas,         // a list of them
  schema_or_list,  // either
  named_schemas,   // an object of them
  patterns,        // the same, its keys are regular expressions
  dependencies,    // an object of schemas or lists of names
  names,           // a list of strings
  named_names,     // an object of such lists
  number,
  number_or_flag,  // draft 4's exclusive…
  positive,
  count,
  flag,
  list,
  pattern,
  reference,
  type,
  unfollowed,
};

struct Keyword {
  std::string_view name;
  Form form;
};

constexpr std::array keyword_forms = {
    Keyword{"$ref", Form::reference},
    Keyword{"$dynamicRef", Form::reference},
    Keyword{"$recursiveRef", Form::reference},
    Keyword{"$defs", Form::named_schemas},
    Keyword{"definitions", Form::named_schemas},
    Keyword{"type", Form::type},
    Keyword{"enum", Form::list},
    Keyword{"minimum", Form::number},
    Keyword{"maximum", Form::number},
    Keyword{"exclusiveMinimum", Form::number_or_flag},
    Keyword{"exclusiveMaximum", Form::number_or_flag},
    Keyword{"multipleOf", Form::positive},
    Keyword{"minLength", Form::count},
    Keyword{"maxLength", Form::count},
    Keyword{"pattern", Form::pattern},
    Keyword{"items", Form::schema_or_list},
    Keyword{"prefixItems", Form::schemas},
    Keyword{"additionalItems", Form::schema},
    Keyword{"minItems", Form::count},
    Keyword{"maxItems", Form::count},
    Keyword{"uniqueItems", Form::flag},
    Keyword{"contains", Form::schema},
    Keyword{"minContains", Form::count},
    Keyword{"maxContains", Form::count},
    Keyword{"properties", Form::named_schemas},
    Keyword{"patternProperties", Form::patterns},
    Keyword{"additionalProperties", Form::schema},
    Keyword{"propertyNames", Form::schema},
    Keyword{"required", Form::names},
    Keyword{"minProperties", Form::count},
    Keyword{"maxProperties", Form::count},
    Keyword{"dependentRequired", Form::named_names},
    Keyword{"dependentSchemas", Form::named_schemas},
    Keyword{"dependencies", Form::dependencies},
    Keyword{"allOf", Form::schemas},
    Keyword{"anyOf", Form::schemas},
    Keyword{"oneOf", Form::schemas},
    Keyword{"not", Form::schema},
    Keyword{"if", Form::schema},
    Keyword{"then", Form::schema},
    Keyword{"else", Form::schema},
    Keyword{"unevaluatedProperties", Form::unfollowed},
    Keyword{"unevaluatedItems", Form::unfollowed},
};

bool is_list_of_names(const Json& value) {
  return value.is_array() && std::ranges::all_of(value, [](const Json& name) { return name.is_string(); });
}

bool is_count(const Json& value) {
  return is_exact_integer(value) && value.get<double>() >= 0;
}

class SchemaCheck {
 public:
  explicit SchemaCheck(const Json& root) : references_(root) {}

  [[nodiscard]] Result<void> check(const Json& schema, const std::string& at, int depth) {
    if (depth > max_depth) return wrong(at, "is nested too deeply");
    if (schema.is_boolean()) return {};
    if (!schema.is_object()) return wrong(at, fmt::format("must be a schema, not {}", what_came(schema)));
    for (const auto& [name, form] : keyword_forms) {
      const auto found = schema.find(std::string(name));
      if (found != schema.end()) ERRAND_TRY(check_keyword(form, *found, fmt::format("{}/{}", at, name), depth));
    }
    return {};
  }

 private:
  [[nodiscard]] static tl::unexpected<Error> wrong(const std::string& at, std::string_view what,
                                                   std::string hint = {}) {
    const auto place = at.empty() ? std::string("it") : at;
    return fail(ErrorKind::config, fmt::format("no usable JSON Schema: {} {}", place, what), std::move(hint));
  }

  [[nodiscard]] Result<void> need(bool fits, const std::string& at, std::string_view wanted, const Json& value) const {
    if (fits) return {};
    return wrong(at, fmt::format("must be {}, not {}", wanted, what_came(value)));
  }

  [[nodiscard]] Result<void> check_keyword(Form form, const Json& value, const std::string& at, int depth) {
    switch (form) {
      case Form::schema:
        return check(value, at, depth + 1);
      case Form::schema_or_list:
        return value.is_array() ? check_list(value, at, depth) : check(value, at, depth + 1);
      case Form::schemas:
        ERRAND_TRY(need(value.is_array() && !value.empty(), at, "a list of schemas", value));
        return check_list(value, at, depth);
      case Form::named_schemas:
        ERRAND_TRY(need(value.is_object(), at, "an object", value));
        return check_named(value, at, depth);
      case Form::patterns:
        ERRAND_TRY(need(value.is_object(), at, "an object", value));
        for (const auto& [pattern, unused] : value.items()) ERRAND_TRY(check_pattern(pattern, at));
        return check_named(value, at, depth);
      case Form::dependencies:
        ERRAND_TRY(need(value.is_object(), at, "an object", value));
        for (const auto& [name, one] : value.items()) {
          if (!is_list_of_names(one)) ERRAND_TRY(check(one, fmt::format("{}/{}", at, name), depth + 1));
        }
        return {};
      case Form::names:
        return need(is_list_of_names(value), at, "a list of names", value);
      case Form::named_names:
        return need(value.is_object() && std::ranges::all_of(value, is_list_of_names), at,
                    "an object of lists of names", value);
      case Form::number:
        return need(value.is_number(), at, "a number", value);
      case Form::number_or_flag:
        return need(value.is_number() || value.is_boolean(), at, "a number", value);
      case Form::positive:
        return need(value.is_number() && value.get<double>() > 0, at, "a number above 0", value);
      case Form::count:
        return need(is_count(value), at, "a whole number from 0 on", value);
      case Form::flag:
        return need(value.is_boolean(), at, "true or false", value);
      case Form::list:
        return need(value.is_array(), at, "a list", value);
      case Form::pattern:
        ERRAND_TRY(need(value.is_string(), at, "a regular expression", value));
        return check_pattern(value.get_ref<const std::string&>(), at);
      case Form::reference:
        ERRAND_TRY(need(value.is_string(), at, "a reference", value));
        return check_target(value.get_ref<const std::string&>(), at, depth);
      case Form::type:
        return check_types(value, at);
      case Form::unfollowed:
        return wrong(at, "can't be checked", "say additionalProperties or items instead");
    }
    return {};
  }

  // A reference may lead to a place that no keyword does, and back to where it stands.
  [[nodiscard]] Result<void> check_target(const std::string& reference, const std::string& at, int depth) {
    const auto* const target = references_.find(reference);
    if (target == nullptr) {
      return wrong(at, fmt::format("leads nowhere: {}", shown(Json(reference))),
                   "references lead into the schema itself");
    }
    if (!visited_.insert(target).second) return {};
    return check(*target, reference, depth + 1);
  }

  [[nodiscard]] Result<void> check_list(const Json& list, const std::string& at, int depth) {
    for (std::size_t i = 0; i < list.size(); ++i) ERRAND_TRY(check(list[i], fmt::format("{}/{}", at, i), depth + 1));
    return {};
  }

  [[nodiscard]] Result<void> check_named(const Json& schemas, const std::string& at, int depth) {
    for (const auto& [name, one] : schemas.items()) ERRAND_TRY(check(one, fmt::format("{}/{}", at, name), depth + 1));
    return {};
  }

  [[nodiscard]] static Result<void> check_pattern(const std::string& pattern, const std::string& at) {
    const auto regex = compiled(pattern);
    if (regex->ok()) return {};
    return wrong(at, fmt::format("is no regular expression: {}", regex->error()),
                 "as RE2 has them: without look-around and back references");
  }

  [[nodiscard]] Result<void> check_types(const Json& value, const std::string& at) const {
    ERRAND_TRY(need(value.is_string() || is_list_of_names(value), at, "the name of a type or a list of them", value));
    const auto types = value.is_string() ? Json::array({value}) : value;
    const std::vector<std::string> known(type_names.begin(), type_names.end());
    for (const auto& type : types) {
      const auto& name = type.get_ref<const std::string&>();
      if (std::ranges::find(known, name) != known.end()) continue;
      return wrong(at, fmt::format("names no type: {}", shown(type)), text::suggest(name, known, "types"));
    }
    return {};
  }

  References references_;
  std::set<const Json*> visited_;  // what references led to
};

}  // namespace

Result<void> check_schema(const Json& schema) {
  return SchemaCheck(schema).check(schema, {}, 0);
}

}  // namespace errand::json_schema
