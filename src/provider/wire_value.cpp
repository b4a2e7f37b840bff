#include "provider/wire_value.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"
#include "provider/api_error.hpp"

namespace errand::provider {

namespace {

constexpr double most_tokens = 9007199254740992;  // 2^53
constexpr std::size_t max_name_bytes = 64;

const Json& empty_object() {
  static const Json empty = Json::object();
  return empty;
}

const Json& empty_array() {
  static const Json empty = Json::array();
  return empty;
}

const Json* find(const Json& json, const char* key) {
  if (!json.is_object()) return nullptr;
  const auto found = json.find(key);
  return found == json.end() ? nullptr : &*found;
}

}  // namespace

std::string text_at(const Json& json, const char* key) {
  const auto* value = find(json, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::size_t size_at(const Json& json, const char* key) {
  const auto* value = find(json, key);
  return value != nullptr && value->is_number_unsigned() ? value->get<std::size_t>() : 0;
}

const Json& object_at(const Json& json, const char* key) {
  const auto* value = find(json, key);
  return value != nullptr && value->is_object() ? *value : empty_object();
}

const Json& array_at(const Json& json, const char* key) {
  const auto* value = find(json, key);
  return value != nullptr && value->is_array() ? *value : empty_array();
}

bool has_error(const Json& json) {
  const auto* error = find(json, "error");
  if (error == nullptr || error->is_null()) return false;
  if (error->is_boolean()) return error->get<bool>();
  if (error->is_number()) return error->get<double>() != 0;
  return error->is_string() ? !error->get_ref<const std::string&>().empty() : !error->empty();
}

void overwrite(std::int64_t& value, const Json& json, const char* key) {
  const auto* found = find(json, key);
  if (found == nullptr || !found->is_number()) return;
  const auto number = found->get<double>();  // exact as far as we count
  if (number < 0 || std::trunc(number) != number) return;
  value = static_cast<std::int64_t>(std::min(number, most_tokens));
}

bool is_filler(const http::SseEvent& event) {
  const auto data = text::trim(event.data);
  return data.empty() || data == done_mark;
}

bool is_plain_error(const http::SseEvent& event) {
  return event.type == "error" && !text::trim(event.data).starts_with('{');
}

Result<Json> parse_wire(std::string_view data, const Endpoint& endpoint) {
  auto json = chat::parse_json(data);
  if (!json && !unicode::is_valid_utf8(data)) json = chat::parse_json(unicode::to_valid_utf8(data));
  if (!json) return fail(broken_reply("the model API sent something that is not JSON", endpoint));
  return json;
}

std::string joined_url(std::string_view base_url, std::string_view path) {
  const auto query = base_url.find('?');
  auto base = base_url.substr(0, query);
  while (base.ends_with('/')) base.remove_suffix(1);
  std::string out(base);
  out += path;
  if (query != std::string_view::npos) out += base_url.substr(query);
  return out;
}

std::string host_of(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (const auto user = url.rfind('@'); user != std::string_view::npos) url.remove_prefix(user + 1);
  if (!url.starts_with('[')) url = url.substr(0, url.find(':'));
  return text::lower(url);
}

std::string plain_name(std::string_view name) {
  std::string out(name.substr(0, max_name_bytes));
  std::ranges::replace_if(
      out, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '-'; }, '_');
  return out.empty() ? "_" : out;
}

}  // namespace errand::provider
