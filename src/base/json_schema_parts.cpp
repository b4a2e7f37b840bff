#include "base/json_schema_parts.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.hpp"

namespace errand::json_schema {

namespace {

// Beyond it a double no longer holds every integer (RFC 8259, section 6).
constexpr double max_exact_integer = 9007199254740991.0;

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

}  // namespace

std::string shown(const Json& value) {
  return text::ellipsize(value.dump(-1, ' ', false, Json::error_handler_t::replace), max_shown_columns);
}

std::string what_came(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_string()) return fmt::format("the string {}", shown(value));
  if (value.is_number()) return fmt::format("the number {}", shown(value));
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  return value.is_array() ? "an array" : "an object";
}

bool is_exact_integer(const Json& value) {
  if (!value.is_number()) return false;
  const auto number = value.get<double>();
  return std::abs(number) <= max_exact_integer && std::trunc(number) == number;
}

const Json* at_key(const Json& schema, const char* key) {
  const auto found = schema.find(key);
  return found == schema.end() ? nullptr : &*found;
}

std::unique_ptr<RE2> compiled(const std::string& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  return std::make_unique<RE2>(pattern, options);
}

const Json* References::find(const std::string& reference) const {
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

void References::collect(const Json& schema, int depth) {
  if (depth > max_depth || !schema.is_structured()) return;
  if (schema.is_object()) {
    for (const auto* key : {"$id", "id"}) name(schema, key, "");
    for (const auto* key : {"$anchor", "$dynamicAnchor"}) name(schema, key, "#");
  }
  for (const auto& part : schema) collect(part, depth + 1);
}

void References::name(const Json& schema, const char* key, std::string_view before) {
  const auto* const found = at_key(schema, key);
  if (found == nullptr || !found->is_string()) return;
  auto named = std::string(before) + found->get<std::string>();
  if (named.ends_with('#')) named.pop_back();
  if (!named.empty()) names_.emplace(std::move(named), &schema);
}

}  // namespace errand::json_schema
