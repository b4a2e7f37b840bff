#include "provider/gemini_arguments.hpp"

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "chat/codec.hpp"
#include "provider/wire_value.hpp"

namespace errand::provider {

namespace {

using Step = std::variant<std::string, std::size_t>;

// ".name", "[3]", "['name']" or "[\"name\"]" at the start of `path`, which loses it.
std::optional<Step> next_step(std::string_view& path) {
  if (path.starts_with('.')) {
    path.remove_prefix(1);
    const auto name = path.substr(0, path.find_first_of(".["));
    if (name.empty()) return std::nullopt;
    path.remove_prefix(name.size());
    return std::string(name);
  }
  if (path.size() < 3 || path.front() != '[') return std::nullopt;
  const char quote = path[1];
  if (quote == '\'' || quote == '"') {
    const auto end = path.find(quote, 2);
    if (end == std::string_view::npos || path.substr(end + 1, 1) != "]") return std::nullopt;
    std::string name(path.substr(2, end - 2));
    path.remove_prefix(end + 2);
    return name;
  }
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(path.data() + 1, path.data() + path.size(), index);
  if (error != std::errc() || end == path.data() + path.size() || *end != ']') return std::nullopt;
  path.remove_prefix(static_cast<std::size_t>(end + 1 - path.data()));
  return index;
}

Json* member(Json& at, const std::string& name) {
  if (at.is_null()) at = Json::object();
  return at.is_object() ? &at[name] : nullptr;
}

Json* element(Json& at, std::size_t index) {
  if (at.is_null()) at = Json::array();
  if (!at.is_array() || index > at.size()) return nullptr;
  if (index == at.size()) at.push_back(nullptr);
  return &at[index];
}

}  // namespace

Json* GeminiArguments::place_of(std::string_view path) {
  if (!path.starts_with('$')) return nullptr;
  path.remove_prefix(1);
  if (path.empty()) return nullptr;
  Json* at = &value_;
  for (std::size_t depth = 1; at != nullptr && !path.empty(); ++depth) {
    const auto step = depth < chat::max_json_depth ? next_step(path) : std::nullopt;
    if (!step) return nullptr;
    const auto* name = std::get_if<std::string>(&*step);
    at = name != nullptr ? member(*at, *name) : element(*at, std::get<std::size_t>(*step));
  }
  return at;
}

bool GeminiArguments::add(const Json& piece) {
  auto* at = place_of(text_at(piece, "jsonPath"));
  if (at == nullptr || at->is_structured()) return false;
  if (const auto text = piece.find("stringValue"); text != piece.end() && text->is_string()) {
    if (!at->is_string()) *at = "";
    at->get_ref<std::string&>() += text->get_ref<const std::string&>();
  } else if (const auto number = piece.find("numberValue"); number != piece.end() && number->is_number()) {
    *at = *number;
  } else if (const auto flag = piece.find("boolValue"); flag != piece.end() && flag->is_boolean()) {
    *at = *flag;
  }  // else nullValue, or the announcement of a value: null until there is one
  return true;
}

}  // namespace errand::provider
