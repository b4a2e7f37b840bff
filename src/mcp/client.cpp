#include "mcp/client.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/json_fields.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "mcp/content.hpp"

namespace errand::mcp {

namespace {

// Newest first.
constexpr std::array<std::string_view, 4> versions = {"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"};

constexpr std::size_t max_pages = 100;
constexpr std::size_t max_tools = 1000;
constexpr std::size_t max_name_columns = 60;

std::string own_name(const Json& result) {
  const auto found = result.find("serverInfo");
  if (found == result.end()) return {};
  const auto name = fmt::format("{} {}", string_at(*found, "name"), string_at(*found, "version"));
  return text::ellipsize(text::first_line(text::trim(unicode::sanitize(name))), max_name_columns);
}

bool flag_in(const Json& object, const char* key) {
  if (!object.is_object()) return false;
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

OfferedTool offered(const Json& tool) {
  OfferedTool out;
  out.name = string_at(tool, "name");
  out.description = string_at(tool, "description");
  if (const auto schema = tool.find("inputSchema"); schema != tool.end()) out.input_schema = *schema;
  if (const auto hints = tool.find("annotations"); hints != tool.end())
    out.reads_only = flag_in(*hints, "readOnlyHint");
  return out;
}

}  // namespace

Result<std::string> Client::open(const Call& call) {
  const Json wanted = {{"protocolVersion", versions.front()},
                       {"capabilities", Json::object()},
                       {"clientInfo", {{"name", "errand"}, {"version", own_version_}}}};
  ERRAND_TRY_ASSIGN(const auto result, link_->ask("initialize", wanted, call));
  const auto agreed = string_at(result, "protocolVersion");
  if (std::ranges::find(versions, agreed) == versions.end()) {
    return fail(ErrorKind::unavailable,
                fmt::format("it speaks the revision \"{}\" of the protocol, which is not spoken here",
                            text::ellipsize(unicode::sanitize(agreed), max_name_columns)));
  }
  if (const auto able = result.find("capabilities"); able != result.end() && able->is_object())
    has_tools_ = able->contains("tools");
  link_->use_version(agreed);
  ERRAND_TRY(link_->tell("notifications/initialized", {}, call));
  return own_name(result);
}

Result<std::vector<OfferedTool>> Client::tools(const Call& call) {
  std::vector<OfferedTool> out;
  if (!has_tools_) return out;
  auto params = Json::object();
  for (std::size_t page = 0; page < max_pages; ++page) {
    ERRAND_TRY_ASSIGN(const auto result, link_->ask("tools/list", params, call));
    const auto listed = result.is_object() ? result.find("tools") : result.end();
    if (listed == result.end() || !listed->is_array()) return fail(ErrorKind::unavailable, "its list of tools is none");
    for (const auto& tool : *listed) {
      if (tool.is_object() && out.size() < max_tools) out.push_back(offered(tool));
    }
    auto next = string_at(result, "nextCursor");
    if (next.empty()) break;
    params["cursor"] = std::move(next);
  }
  return out;
}

Result<tool::Output> Client::call_tool(const std::string& name, const Json& arguments, const Call& call) {
  ERRAND_TRY_ASSIGN(const auto result, link_->ask("tools/call", {{"name", name}, {"arguments", arguments}}, call));
  return output_of(result);
}

}  // namespace errand::mcp
