#include "base/json_schema.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"

namespace errand::json_schema {

namespace {

// Deeper schemas and values than this are not followed: neither may take the stack.
constexpr int max_depth = 256;

// References and alternatives can multiply each other without end: so often each part of a value is looked at, on
// average, beside what a small one may take.
constexpr std::size_t max_looks = 200;
constexpr std::size_t least_steps = 20'000;

// How much of a wrong value is repeated.
constexpr std::size_t max_shown_columns = 60;

// Beyond it a double no longer holds every integer (RFC 8259, section 6).
constexpr double max_exact_integer = 9007199254740991.0;

constexpr std::array<std::string_view, 7> type_names = {"string", "integer", "number", "boolean",
                                                        "array",  "object",  "null"};

std::string shown(const Json& value) {
  return text::ellipsize(value.dump(-1, ' ', false, Json::error_handler_t::replace), max_shown_columns);
}

bool is_exact_integer(const Json& value) {
  if (!value.is_number()) return false;
  const auto number = value.get<double>();
  return std::abs(number) <= max_exact_integer && std::trunc(number) == number;
}

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

std::string below(std::string_view at, std::size_t index) {
  return fmt::format("{}[{}]", at, index);
}

std::optional<double> number_at(const Json& schema, const char* key) {
  const auto found = schema.find(key);
  if (found == schema.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

// nullptr where the keyword is missing.
const Json* at_key(const Json& schema, const char* key) {
  const auto found = schema.find(key);
  return found == schema.end() ? nullptr : &*found;
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

// Ours, and quiet: what is wrong with one is asked of it.
std::unique_ptr<RE2> compiled(const std::string& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  return std::make_unique<RE2>(pattern, options);
}

std::string percent_decoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto pair = text::lower(text.substr(i + 1, 2));
    const auto is_hex = [&](char c) { return digits.find(c) != std::string_view::npos; };
    if (text[i] != '%' || pair.size() < 2 || !std::ranges::all_of(pair, is_hex)) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(digits.find(pair[0]) * 16 + digits.find(pair[1]));
    i += 2;
  }
  return out;
}

// A JSON pointer's step (RFC 6901).
const Json* step_into(const Json& from, std::string key) {
  key = text::replace_all(text::replace_all(std::move(key), "~1", "/"), "~0", "~");
  if (from.is_object()) return at_key(from, key.c_str());
  const bool is_index = !key.empty() && key.size() < 10 && key.find_first_not_of("0123456789") == std::string::npos;
  if (!from.is_array() || !is_index) return nullptr;
  const auto index = static_cast<std::size_t>(std::stoul(key));
  return index < from.size() ? &from[index] : nullptr;
}

// Where the references of a schema lead.
class References {
 public:
  explicit References(const Json& root) : root_(root) { collect(root, 0); }

  // nullptr: nowhere in this schema.
  [[nodiscard]] const Json* find(const std::string& reference) const {
    if (const auto named = names_.find(reference); named != names_.end()) return named->second;
    const auto hash = reference.find('#');
    const auto base = reference.substr(0, hash);
    const auto* from = &root_;
    if (!base.empty()) {
      const auto named = names_.find(base);
      if (named == names_.end()) return nullptr;
      from = named->second;
    }
    const auto fragment = hash == std::string::npos ? std::string() : percent_decoded(reference.substr(hash + 1));
    if (fragment.empty()) return from;
    if (fragment.front() != '/') return nullptr;
    for (const auto& key : text::split(std::string_view(fragment).substr(1), '/')) {
      from = step_into(*from, key);
      if (from == nullptr) return nullptr;
    }
    return from;
  }

 private:
  void collect(const Json& schema, int depth) {
    if (depth > max_depth || !schema.is_structured()) return;
    if (schema.is_object()) {
      for (const auto* key : {"$id", "id"}) name(schema, key, "");
      for (const auto* key : {"$anchor", "$dynamicAnchor"}) name(schema, key, "#");
    }
    for (const auto& part : schema) collect(part, depth + 1);
  }

  void name(const Json& schema, const char* key, std::string_view before) {
    const auto* const found = at_key(schema, key);
    if (found == nullptr || !found->is_string()) return;
    auto named = std::string(before) + found->get<std::string>();
    if (named.ends_with('#')) named.pop_back();
    if (!named.empty()) names_.emplace(std::move(named), &schema);
  }

  const Json& root_;
  std::map<std::string, const Json*> names_;
};

// What the checks of one value share.
struct Shared {
  Keywords keywords;
  std::optional<References> references{};  // of Keywords::all
  std::map<std::string, std::unique_ptr<RE2>> patterns{};
  std::size_t steps_left = least_steps;

  bool matches(const std::string& pattern, const std::string& text) {
    auto& held = patterns[pattern];
    if (!held) held = compiled(pattern);
    return !held->ok() || RE2::PartialMatch(text, *held);
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

  [[nodiscard]] Result<void> check(const Json& schema, const std::string& at, int depth) const {
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

  [[nodiscard]] Result<void> check_keyword(Form form, const Json& value, const std::string& at, int depth) const {
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
        if (references_.find(value.get_ref<const std::string&>()) != nullptr) return {};
        return wrong(at, fmt::format("leads nowhere: {}", shown(value)), "references lead into the schema itself");
      case Form::type:
        return check_types(value, at);
      case Form::unfollowed:
        return wrong(at, "can't be checked", "say additionalProperties or items instead");
    }
    return {};
  }

  [[nodiscard]] Result<void> check_list(const Json& list, const std::string& at, int depth) const {
    for (std::size_t i = 0; i < list.size(); ++i) ERRAND_TRY(check(list[i], fmt::format("{}/{}", at, i), depth + 1));
    return {};
  }

  [[nodiscard]] Result<void> check_named(const Json& schemas, const std::string& at, int depth) const {
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
};

}  // namespace

std::vector<Mistake> mistakes_in(const Json& value, const Json& schema, Keywords keywords, std::size_t most) {
  Shared shared{.keywords = keywords, .steps_left = least_steps + max_looks * parts_of(value)};
  if (keywords == Keywords::all) shared.references.emplace(schema);
  Checker checker(shared, most);
  checker.check(schema, value, {}, 0);
  return checker.take();
}

Result<void> check_schema(const Json& schema) {
  return SchemaCheck(schema).check(schema, {}, 0);
}

std::string to_string(const Mistake& mistake, const std::string& the_value) {
  if (mistake.at.empty()) return fmt::format("{} {}", the_value, mistake.what);
  return fmt::format("\"{}\" {}", mistake.at, mistake.what);
}

}  // namespace errand::json_schema
