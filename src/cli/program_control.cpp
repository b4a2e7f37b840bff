#include "cli/program_control.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"
#include "chat/names.hpp"
#include "chat/sdk_modes.hpp"

namespace errand::cli {

namespace {

constexpr int max_shown_columns = 60;

// The SDK's word for "as it began".
constexpr std::string_view default_model = "default";

std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<std::string> value_of(const Json& request, const char* name) {
  const auto found = request.find(name);
  if (found == request.end() || found->is_null()) return std::string();
  if (found->is_string()) return found->get<std::string>();
  return fail(ErrorKind::usage, fmt::format("\"{}\" is no text", name));
}

}  // namespace

Result<ProgramControl> control_in(const Json& line) {
  const auto request = line.find("request");
  ProgramControl out{.id = text_of(line, "request_id"), .subtype = {}, .value = {}, .fields = {}};
  if (out.id.empty()) return fail(ErrorKind::usage, "\"control_request\" has no \"request_id\"");
  if (request == line.end() || !request->is_object()) {
    return fail(ErrorKind::usage, "\"control_request\" has no \"request\"");
  }
  out.subtype = text_of(*request, "subtype");
  if (out.subtype == "set_permission_mode") {
    ERRAND_TRY_ASSIGN(out.value, value_of(*request, "mode"));
  }
  if (out.subtype == "set_model") {
    ERRAND_TRY_ASSIGN(out.value, value_of(*request, "model"));
    if (out.value == default_model) out.value.clear();
  }
  if (out.subtype == "initialize") {
    for (const auto& [name, value] : request->items()) {
      if (name != "subtype" && !value.is_null()) out.fields.push_back(name);
    }
  }
  return out;
}

Result<chat::PermissionMode> mode_in(const ProgramControl& control) {
  if (const auto mode = chat::permission_mode_named(control.value)) return *mode;
  if (const auto mode = chat::find_value(chat::sdk_mode_names, control.value)) return *mode;
  return fail(ErrorKind::failure,
              fmt::format("\"{}\" is no permission mode", text::ellipsize(control.value, max_shown_columns)));
}

std::string control_response(const ProgramControl& control, const Json& done) {
  return chat::dump(Json{{"type", "control_response"},
                         {"response", {{"subtype", "success"}, {"request_id", control.id}, {"response", done}}}});
}

std::string control_response(const ProgramControl& control, const Error& error) {
  Json response{{"subtype", "error"}, {"request_id", control.id}, {"error", error.message}};
  if (error.code == unsupported_request) response["error_code"] = error.code;
  return chat::dump(Json{{"type", "control_response"}, {"response", std::move(response)}});
}

}  // namespace errand::cli
