#include "mcp/message.hpp"

#include <fmt/format.h>

#include "base/json_fields.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"

namespace errand::mcp {

namespace {

constexpr std::size_t max_told_columns = 300;

bool is_id(const Json& id) {
  return id.is_string() || id.is_number_integer();
}

Json with_params(Json message, const Json& params) {
  if (!params.is_null()) message["params"] = params;
  return message;
}

Json field_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? Json() : *found;
}

}  // namespace

Result<Message> read_message(std::string_view text) {
  ERRAND_TRY_ASSIGN(const auto json, chat::parse_json(text));
  if (!json.is_object()) return fail(ErrorKind::failure, "a message is no JSON object");
  Message out;
  out.id = field_of(json, "id");
  out.method = string_at(json, "method");
  if (!out.method.empty()) {
    out.kind = is_id(out.id) ? Message::Kind::request : Message::Kind::notification;
    out.body = field_of(json, "params");
    return out;
  }
  const auto error = field_of(json, "error");
  if (error.is_null() && !json.contains("result")) {
    return fail(ErrorKind::failure, "a message has neither method nor result nor error");
  }
  out.kind = error.is_null() ? Message::Kind::result : Message::Kind::error;
  out.body = error.is_null() ? field_of(json, "result") : error;
  return out;
}

std::string request_text(std::int64_t id, const std::string& method, const Json& params) {
  return chat::dump(with_params({{"jsonrpc", "2.0"}, {"id", id}, {"method", method}}, params));
}

std::string notification_text(const std::string& method, const Json& params) {
  return chat::dump(with_params({{"jsonrpc", "2.0"}, {"method", method}}, params));
}

std::string result_text(const Json& id, const Json& result) {
  return chat::dump({{"jsonrpc", "2.0"}, {"id", id}, {"result", result}});
}

std::string error_text(const Json& id, int code, const std::string& message) {
  return chat::dump({{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", code}, {"message", message}}}});
}

std::string told_error(const Json& error) {
  const auto message = unicode::sanitize(string_at(error, "message"));
  const auto told = text::ellipsize(text::first_line(text::trim(message)), max_told_columns);
  const auto code = integer_at(error, "code");
  return told.empty() ? fmt::format("error {}", code) : fmt::format("{} (error {})", told, code);
}

std::string answer_to(const Message& request) {
  if (request.method == "ping") return result_text(request.id, Json::object());
  return error_text(request.id, unknown_method,
                    fmt::format("{} is not known here", text::ellipsize(request.method, max_told_columns)));
}

}  // namespace errand::mcp
