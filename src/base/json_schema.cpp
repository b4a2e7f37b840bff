#include "base/json_schema.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/json.hpp"
#include "base/json_schema_parts.hpp"
#include "base/text.hpp"

namespace errand::json_schema {

namespace {

// References and alternatives can multiply each other without end: so often each part of a value is looked at, on
// average, beside what a small one may take.
constexpr std::size_t max_looks = 200;
constexpr std::size_t least_steps = 20'000;

bool is_integer(const Json& value, Keywords keywords) {
  return is_exact_integer(value) || (keywords == Keywords::all && value.is_number_integer());
}

bool has_type(const Json& value, std::string_view type, Keywords keywords) {
  if (type == "string") return value.is_string();
  if (type == "integer") return is_integer(value, keywords);
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

// A field's place as people write it: todos[2].status
std::string below(std::string_view at, std::string_view key) {
  return at.empty() ? std::string(key) : fmt::format("{}.{}", at, key);
}

std::string below(std::string_view at, std::size_t index) {
  return fmt::format("{}[{}]", at, index);
}

std::optional<double> number_at(const Json& schema, const char* key) {
  const auto found = schema.find(key);
  if (found == schema.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

bool is_true(const Json& schema, const char* key) {
  const auto* const found = at_key(schema, key);
  return found != nullptr && found->is_boolean() && found->get<bool>();
}

std::size_t characters_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// Equal values have equal texts: fields in any order, 1 and 1.0.
std::string canonical(const Json& value) {
  if (value.is_number_float() && is_exact_integer(value)) return fmt::format("{:.0f}", value.get<double>());
  if (value.is_array()) {
    std::string out = "[";
    for (const auto& item : value) out += canonical(item) + ",";
    return out + "]";
  }
  if (!value.is_object()) return value.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::map<std::string, std::string> fields;
  for (const auto& [key, field] : value.items()) fields[Json(key).dump()] = canonical(field);
  std::string out = "{";
  for (const auto& [key, field] : fields) out += fmt::format("{}:{},", key, field);
  return out + "}";
}

bool equal(const Json& a, const Json& b) {
  return canonical(a) == canonical(b);
}

// What the checks of one value share.
struct Shared {
  Keywords keywords;
  std::optional<References> references{};  // of Keywords::all
  std::map<std::string, std::unique_ptr<RE2>> patterns{};
  std::size_t steps_left = least_steps;

  bool matches(const std::string& pattern, const std::string& text) {
    auto& held = patterns[pattern];
    if (!held) held = compiled(pattern);
    return held->ok() && RE2::PartialMatch(text, *held);
  }
};

class Checker {
 public:
  Checker(Shared& shared, std::size_t most) : shared_(shared), most_(most) {}

  void check(const Json& schema, const Json& value, const std::string& at, int depth) {
    if (is_full()) return;
    if (shared_.steps_left == 0 || depth > max_depth) {
      if (all()) wrong(at, "is nested too deeply to be checked");
      return;
    }
    --shared_.steps_left;
    if (all() && schema.is_boolean() && !schema.get<bool>()) return wrong(at, "must not be there");
    if (!schema.is_object()) return;
    if (!check_type(schema, value, at) || !check_enum(schema, value, at)) return;
    if (value.is_number()) check_number(schema, value, at);
    if (value.is_string()) check_string(schema, value, at);
    if (value.is_array()) check_array(schema, value, at, depth);
    if (value.is_object()) check_object(schema, value, at, depth);
    if (all()) check_others(schema, value, at, depth);
  }

  [[nodiscard]] std::vector<Mistake> take() { return std::move(mistakes_); }

 private:
  [[nodiscard]] bool all() const { return shared_.keywords == Keywords::all; }
  [[nodiscard]] bool is_full() const { return mistakes_.size() >= most_; }

  void wrong(const std::string& at, std::string what) {
    if (!is_full()) mistakes_.push_back({at, std::move(what)});
  }

  // The first mistake under another schema; none: it fits.
  std::optional<Mistake> mistake_under(const Json& schema, const Json& value, const std::string& at, int depth) {
    Checker other(shared_, 1);
    other.check(schema, value, at, depth + 1);
    auto found = other.take();
    return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
  }

  bool check_type(const Json& schema, const Json& value, const std::string& at) {
    const auto types = types_of(schema);
    const auto fits = [&](const auto& type) { return has_type(value, type, shared_.keywords); };
    if (types.empty() || std::ranges::any_of(types, fits)) return true;
    std::vector<std::string> wanted;
    for (const auto& type : types) wanted.push_back(with_article(type));
    wrong(at, fmt::format("must be {}, not {}", text::join(wanted, " or "), what_came(value)));
    return false;
  }

  bool check_enum(const Json& schema, const Json& value, const std::string& at) {
    const auto* const constant = all() ? at_key(schema, "const") : nullptr;
    if (constant != nullptr && !equal(*constant, value)) {
      wrong(at, fmt::format("must be {}, not {}", shown(*constant), what_came(value)));
      return false;
    }
    const auto* const allowed = at_key(schema, "enum");
    if (allowed == nullptr || !allowed->is_array()) return true;
    if (std::ranges::any_of(*allowed, [&](const Json& one) { return equal(one, value); })) return true;
    std::vector<std::string> names;
    for (const auto& name : *allowed) names.push_back(name.is_string() ? name.get<std::string>() : shown(name));
    wrong(at, fmt::format("must be one of {}, not {}", text::join(names, ", "), what_came(value)));
    return false;
  }

  void check_number(const Json& schema, const Json& value, const std::string& at) {
    const auto number = value.get<double>();
    if (const auto least = number_at(schema, "minimum"); least && number < *least)
      return wrong(at, fmt::format("must be at least {}, not {}", *least, shown(value)));
    if (const auto most = number_at(schema, "maximum"); most && number > *most)
      return wrong(at, fmt::format("must be at most {}, not {}", *most, shown(value)));
    if (!all()) return;
    // Draft 4 has them as marks of minimum and maximum.
    const auto above =
        is_true(schema, "exclusiveMinimum") ? number_at(schema, "minimum") : number_at(schema, "exclusiveMinimum");
    if (above && number <= *above) return wrong(at, fmt::format("must be more than {}, not {}", *above, shown(value)));
    const auto under =
        is_true(schema, "exclusiveMaximum") ? number_at(schema, "maximum") : number_at(schema, "exclusiveMaximum");
    if (under && number >= *under) return wrong(at, fmt::format("must be less than {}, not {}", *under, shown(value)));
    if (const auto part = number_at(schema, "multipleOf"); part && !is_multiple(number, *part))
      return wrong(at, fmt::format("must be a multiple of {}, not {}", *part, shown(value)));
  }

  // 0.3 is one of 0.1, though not to the last bit.
  static bool is_multiple(double number, double part) {
    const auto times = number / part;
    return std::abs(times - std::round(times)) <= 1e-9 * std::max(1.0, std::abs(times));
  }

  void check_string(const Json& schema, const Json& value, const std::string& at) {
    const auto& text = value.get_ref<const std::string&>();
    const auto size = static_cast<double>(characters_of(text));
    if (const auto least = number_at(schema, "minLength"); least && size < *least) {
      return *least <= 1 ? wrong(at, "must not be empty")
                         : wrong(at, fmt::format("must have at least {} characters", *least));
    }
    if (!all()) return;
    if (const auto most = number_at(schema, "maxLength"); most && size > *most)
      return wrong(at, fmt::format("must have at most {} characters, not {}", *most, size));
    const auto* const pattern = at_key(schema, "pattern");
    if (pattern == nullptr || shared_.matches(pattern->get_ref<const std::string&>(), text)) return;
    wrong(at, fmt::format("must match {}, and {} does not", pattern->get_ref<const std::string&>(), shown(value)));
  }

  void check_array(const Json& schema, const Json& value, const std::string& at, int depth) {
    const auto size = static_cast<double>(value.size());
    if (const auto least = number_at(schema, "minItems"); least && size < *least)
      return wrong(at, fmt::format("must have at least {} entries, not {}", *least, value.size()));
    if (const auto most = number_at(schema, "maxItems"); most && size > *most)
      return wrong(at, fmt::format("must have at most {} entries, not {}", *most, value.size()));
    check_items(schema, value, at, depth);
    if (all()) check_as_set(schema, value, at, depth);
  }

  // Those in front may have a schema each: `prefixItems`, or a list as `items` before 2020-12.
  void check_items(const Json& schema, const Json& value, const std::string& at, int depth) {
    const auto* const items = at_key(schema, "items");
    const auto* front = all() ? at_key(schema, "prefixItems") : nullptr;
    const auto* rest = items;
    if (all() && front == nullptr && items != nullptr && items->is_array()) {
      front = items;
      rest = at_key(schema, "additionalItems");
    }
    for (std::size_t i = 0; i < value.size() && !is_full(); ++i) {
      const bool in_front = front != nullptr && i < front->size();
      const auto* const wanted = in_front ? &(*front)[i] : rest;
      if (wanted == nullptr) return;
      check(*wanted, value[i], below(at, i), depth + 1);
    }
  }

  void check_as_set(const Json& schema, const Json& value, const std::string& at, int depth) {
    if (is_true(schema, "uniqueItems")) {
      std::set<std::string> seen;
      for (std::size_t i = 0; i < value.size(); ++i) {
        if (!seen.insert(canonical(value[i])).second) return wrong(below(at, i), "is there twice");
      }
    }
    const auto* const wanted = at_key(schema, "contains");
    if (wanted == nullptr) return;
    double found = 0;
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (!mistake_under(*wanted, value[i], below(at, i), depth)) ++found;
    }
    if (const auto least = number_at(schema, "minContains").value_or(1); found < least)
      return wrong(at, fmt::format("must have at least {} entries as \"contains\" says, not {}", least, found));
    if (const auto most = number_at(schema, "maxContains"); most && found > *most)
      return wrong(at, fmt::format("must have at most {} entries as \"contains\" says, not {}", *most, found));
  }

  void check_object(const Json& schema, const Json& value, const std::string& at, int depth) {
    const auto* const found = at_key(schema, "properties");
    const Json none = Json::object();
    const Json& properties = found == nullptr || !found->is_object() ? none : *found;
    check_extra(schema, properties, value, at, depth);
    check_required(schema, properties, value, at);
    for (const auto& [key, property] : properties.items()) {
      if (const auto field = value.find(key); field != value.end()) {
        check(property, *field, below(at, key), depth + 1);
      }
    }
    if (all()) check_fields(schema, value, at, depth);
  }

  [[nodiscard]] bool has_pattern(const Json& schema, const std::string& key) {
    const auto* const patterns = all() ? at_key(schema, "patternProperties") : nullptr;
    if (patterns == nullptr) return false;
    for (const auto& [pattern, unused] : patterns->items()) {
      if (shared_.matches(pattern, key)) return true;
    }
    return false;
  }

  // Before what is missing: a misspelt name explains both.
  void check_extra(const Json& schema, const Json& properties, const Json& value, const std::string& at, int depth) {
    const auto* const extra = at_key(schema, "additionalProperties");
    if (extra == nullptr) return;
    const bool forbidden = extra->is_boolean() && !extra->get<bool>();
    if (!forbidden && !all()) return;
    for (const auto& [key, field] : value.items()) {
      if (properties.contains(key) || has_pattern(schema, key)) continue;
      if (!forbidden) {
        check(*extra, field, below(at, key), depth + 1);
        continue;
      }
      std::vector<std::string> known;
      for (const auto& [name, property] : properties.items()) known.push_back(name);
      const auto shown_key = text::ellipsize(key, max_shown_columns);
      wrong(at, fmt::format("has no field \"{}\"; {}", shown_key, text::suggest(key, known, "fields")));
    }
  }

  void check_required(const Json& schema, const Json& properties, const Json& value, const std::string& at) {
    const auto* const required = at_key(schema, "required");
    if (required == nullptr || !required->is_array()) return;
    for (const auto& name : *required) {
      if (!name.is_string()) continue;
      const auto& key = name.get_ref<const std::string&>();
      if (value.contains(key)) continue;
      const auto property = properties.find(key);
      const auto types = property == properties.end() ? std::vector<std::string>{} : types_of(*property);
      const auto type = types.empty() ? std::string() : fmt::format(" ({})", with_article(types.front()));
      wrong(at, fmt::format("needs \"{}\"{}", key, type));
    }
  }

  void check_fields(const Json& schema, const Json& value, const std::string& at, int depth) {
    const auto size = static_cast<double>(value.size());
    if (const auto least = number_at(schema, "minProperties"); least && size < *least)
      wrong(at, fmt::format("must have at least {} fields, not {}", *least, size));
    if (const auto most = number_at(schema, "maxProperties"); most && size > *most)
      wrong(at, fmt::format("must have at most {} fields, not {}", *most, size));
    if (const auto* const patterns = at_key(schema, "patternProperties")) {
      for (const auto& [pattern, wanted] : patterns->items()) {
        for (const auto& [key, field] : value.items()) {
          if (shared_.matches(pattern, key)) check(wanted, field, below(at, key), depth + 1);
        }
      }
    }
    if (const auto* const names = at_key(schema, "propertyNames")) {
      for (const auto& [key, unused] : value.items()) {
        if (auto mistake = mistake_under(*names, Json(key), at, depth))
          wrong(at, fmt::format("has a field whose name {}", mistake->what));
      }
    }
    for (const auto* word : {"dependentRequired", "dependentSchemas", "dependencies"}) {
      if (const auto* const found = at_key(schema, word)) check_dependent(*found, value, at, depth);
    }
  }

  void check_dependent(const Json& dependent, const Json& value, const std::string& at, int depth) {
    for (const auto& [key, wanted] : dependent.items()) {
      if (!value.contains(key)) continue;
      if (!wanted.is_array()) {
        check(wanted, value, at, depth + 1);
        continue;
      }
      for (const auto& name : wanted) {
        if (!value.contains(name.get_ref<const std::string&>()))
          wrong(at, fmt::format("needs \"{}\" where it has \"{}\"", name.get_ref<const std::string&>(), key));
      }
    }
  }

  // What leads to other schemas for the same value.
  void check_others(const Json& schema, const Json& value, const std::string& at, int depth) {
    for (const auto* word : {"$ref", "$dynamicRef", "$recursiveRef"}) {
      const auto* const reference = at_key(schema, word);
      if (reference == nullptr) continue;
      if (const auto* const there = shared_.references->find(reference->get_ref<const std::string&>()))
        check(*there, value, at, depth + 1);
    }
    if (const auto* const parts = at_key(schema, "allOf")) {
      for (const auto& part : *parts) check(part, value, at, depth + 1);
    }
    if (const auto* const ways = at_key(schema, "anyOf")) check_any(*ways, value, at, depth);
    if (const auto* const ways = at_key(schema, "oneOf")) check_one(*ways, value, at, depth);
    const auto* const forbidden = at_key(schema, "not");
    if (forbidden != nullptr && !mistake_under(*forbidden, value, at, depth))
      wrong(at, fmt::format("must not be {}, which \"not\" forbids", what_came(value)));
    check_condition(schema, value, at, depth);
  }

  void check_any(const Json& ways, const Json& value, const std::string& at, int depth) {
    std::vector<std::string> reasons;
    for (const auto& way : ways) {
      const auto mistake = mistake_under(way, value, at, depth);
      if (!mistake) return;
      reasons.push_back(to_string(*mistake, "it"));
    }
    fits_none(reasons, at);
  }

  void fits_none(const std::vector<std::string>& reasons, const std::string& at) {
    wrong(at, fmt::format("fits none of {}: {}", text::count_of(reasons.size(), "alternative"),
                          text::ellipsize(text::join(reasons, "; or "), 400)));
  }

  void check_one(const Json& ways, const Json& value, const std::string& at, int depth) {
    std::vector<std::string> reasons;
    for (const auto& way : ways) {
      if (const auto mistake = mistake_under(way, value, at, depth)) reasons.push_back(to_string(*mistake, "it"));
    }
    const auto fitting = ways.size() - reasons.size();
    if (fitting == 0) return fits_none(reasons, at);
    if (fitting > 1) wrong(at, fmt::format("fits {} of the alternatives, and must fit exactly one", fitting));
  }

  void check_condition(const Json& schema, const Json& value, const std::string& at, int depth) {
    const auto* const condition = at_key(schema, "if");
    if (condition == nullptr) return;
    const auto* const then = at_key(schema, mistake_under(*condition, value, at, depth) ? "else" : "then");
    if (then != nullptr) check(*then, value, at, depth + 1);
  }

  Shared& shared_;
  std::size_t most_;
  std::vector<Mistake> mistakes_;
};

std::size_t parts_of(const Json& value) {
  std::size_t out = 1;
  if (value.is_structured()) {
    for (const auto& part : value) out += parts_of(part);
  }
  return out;
}

}  // namespace

std::vector<Mistake> mistakes_in(const Json& value, const Json& schema, Keywords keywords, std::size_t most) {
  Shared shared{.keywords = keywords, .steps_left = least_steps + max_looks * parts_of(value)};
  if (keywords == Keywords::all) shared.references.emplace(schema);
  Checker checker(shared, most);
  checker.check(schema, value, {}, 0);
  return checker.take();
}

std::string to_string(const Mistake& mistake, const std::string& the_value) {
  if (mistake.at.empty()) return fmt::format("{} {}", the_value, mistake.what);
  return fmt::format("\"{}\" {}", mistake.at, mistake.what);
}

}  // namespace errand::json_schema
