#include <algorithm>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "chat/codec.hpp"

namespace errand::chat {

namespace {

namespace dom = simdjson::dom;

// Texts up to this size share a parser of their thread, whose memory stays: about ten times as much.
constexpr std::size_t small_text_bytes = 16384;

Json json_of(dom::element value);

Json json_of(dom::array list) {
  auto out = Json::array();
  out.get_ref<Json::array_t&>().reserve(list.size());
  for (const auto item : list) out.push_back(json_of(item));
  return out;
}

// Of members that are alike the last one counts.
Json json_of(dom::object object) {
  auto out = Json::object();
  auto& members = out.get_ref<Json::object_t&>();
  members.reserve(object.size());
  for (const auto member : object) members[std::string(member.key)] = json_of(member.value);
  return out;
}

Json json_of(std::int64_t number) {
  return number < 0 ? Json(number) : Json(static_cast<std::uint64_t>(number));
}

Json json_of(dom::element value) {
  switch (value.type()) {
    case dom::element_type::ARRAY:
      return json_of(dom::array(value));
    case dom::element_type::OBJECT:
      return json_of(dom::object(value));
    case dom::element_type::INT64:
      return json_of(value.get_int64().value_unsafe());
    case dom::element_type::UINT64:
      return value.get_uint64().value_unsafe();
    case dom::element_type::DOUBLE:
      return value.get_double().value_unsafe();
    case dom::element_type::STRING:
      return value.get_string().value_unsafe();
    case dom::element_type::BOOL:
      return value.get_bool().value_unsafe();
    case dom::element_type::NULL_VALUE:
      break;
  }
  return nullptr;
}

std::optional<Json> parsed_by(dom::parser& parser, std::string_view text) {
  dom::element root;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) return std::nullopt;
  return json_of(root);
}

// A tenth of what nlohmann's lexer takes, which goes by single letters. What it does not like, the other one decides
// about: bytes before the text, numbers out of range, all mistakes.
std::optional<Json> parse_fast(std::string_view text) {
  if (text.empty()) return std::nullopt;  // simdjson would copy from where there may be nothing
  thread_local dom::parser shared;
  if (text.size() <= small_text_bytes) {
    if (shared.capacity() == 0 && shared.allocate(small_text_bytes, max_json_depth) != simdjson::SUCCESS) return {};
    return parsed_by(shared, text);
  }
  dom::parser own;
  if (own.allocate(text.size(), max_json_depth) != simdjson::SUCCESS) return {};
  return parsed_by(own, text);
}

// What `byte`, from 1, of the text is: the last that was read.
std::string place_in(std::string_view text, std::size_t byte) {
  const auto before = text.substr(0, std::min(byte == 0 ? 0 : byte - 1, text.size()));
  const auto line = std::ranges::count(before, '\n') + 1;
  const auto column = before.size() - (before.rfind('\n') + 1) + 1;  // npos wraps to 0
  return fmt::format("line {}, column {}", line, column);
}

Error not_json(std::string_view text, std::size_t byte) {
  const auto* const what = byte > text.size() ? "it ends too early" : "a mistake";
  return {.kind = ErrorKind::failure, .message = fmt::format("not JSON: {} at {}", what, place_in(text, byte))};
}

}  // namespace

bool nests_deeper_than(std::string_view text, std::size_t levels) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > levels) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

Result<Json> parse_json(std::string_view text) {
  if (auto parsed = parse_fast(text)) return *std::move(parsed);
  if (nests_deeper_than(text, max_json_depth)) {
    return fail(ErrorKind::failure, fmt::format("JSON that nests deeper than {} levels", max_json_depth));
  }
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& e) {
    return fail(not_json(text, e.byte));
  } catch (const Json::exception&) {  // a number that no double can be
    return fail(ErrorKind::failure, "not JSON: a number is out of range");
  }
}

std::optional<Json> parse_arguments(std::string_view arguments) {
  if (text::trim(arguments).empty()) return Json::object();
  auto parsed = parse_json(arguments);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  return *std::move(parsed);
}

}  // namespace errand::chat
