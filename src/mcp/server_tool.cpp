#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"
#include "mcp/server.hpp"

namespace errand::mcp {

namespace {

constexpr std::size_t max_name = 64;  // of every API's tool names
constexpr std::size_t max_description_bytes = 4096;
constexpr std::size_t max_schema_bytes = std::size_t{32} << 10U;
constexpr std::size_t max_summary_columns = 200;
constexpr std::size_t max_tools = 256;  // of one server; APIs take few more in all
constexpr std::size_t max_shown_name = 100;
constexpr std::size_t max_told_reasons = 5;

bool is_name_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

// A server that gives no schema says nothing about its input.
Json schema_of(const OfferedTool& tool) {
  if (!tool.input_schema.is_object()) return {{"type", "object"}};
  auto out = tool.input_schema;
  if (!out.contains("type")) out["type"] = "object";
  return out;
}

// One tool of a server. What it does is the server's affair: no hint of it makes a call free.
class ServerTool final : public tool::Tool {
 public:
  ServerTool(Server& server, std::string name, chat::ToolSpec spec)
      : server_(server), name_(std::move(name)), spec_(std::move(spec)) {}

  [[nodiscard]] const chat::ToolSpec& spec() const override { return spec_; }

  [[nodiscard]] std::string summary(const Json& input) const override {
    const auto given = input.empty() ? std::string() : " " + chat::dump(input);
    return text::ellipsize(fmt::format("{} {}{}", server_.definition().name, name_, given), max_summary_columns);
  }

  Result<tool::Output> run(const Json& input, const tool::Context&, const Call& call) override {
    ERRAND_TRY(call.check());
    return server_.call_tool(name_, input, call);
  }

 private:
  Server& server_;
  const std::string name_;
  const chat::ToolSpec spec_;
};

// Why it can't be offered; empty: it can.
std::string obstacle(const OfferedTool& tool, const std::string& name, const Json& schema, std::size_t schema_bytes,
                     const std::set<std::string>& taken) {
  const auto shown = text::ellipsize(name, max_shown_name);
  if (tool.name.empty()) return "it has no name";
  if (name.size() > max_name) return fmt::format("its name {} is longer than {} letters", shown, max_name);
  if (taken.contains(name)) return fmt::format("another one is named {} already", shown);
  if (schema.at("type") != "object") return fmt::format("the input of {} is to be no object", shown);
  if (schema_bytes > max_schema_bytes) return fmt::format("the schema of {} is too long", shown);
  if (taken.size() >= max_tools) return fmt::format("{} come before it", max_tools);
  return {};
}

// The first few by their reason, the others by their number.
void tell_left_out(const std::string& server, std::vector<std::string> reasons, std::vector<std::string>& out) {
  const auto told = std::min(reasons.size(), max_told_reasons);
  for (std::size_t i = 0; i < told; ++i) {
    out.push_back(
        fmt::format("a tool of the MCP server \"{}\" is not offered: {}", server, unicode::sanitize(reasons[i])));
  }
  if (told < reasons.size())
    out.push_back(fmt::format("{} more tools of the MCP server \"{}\" are not offered", reasons.size() - told, server));
}

}  // namespace

std::string tool_name(const std::string& server, std::string tool) {
  std::ranges::replace_if(
      tool, [](char c) { return !is_name_letter(c); }, '_');
  return fmt::format("mcp__{}__{}", server, tool);
}

std::vector<std::unique_ptr<tool::Tool>> server_tools(Server& server, const std::vector<OfferedTool>& offered,
                                                      std::vector<std::string>& left_out) {
  std::vector<std::unique_ptr<tool::Tool>> out;
  std::set<std::string> taken;
  std::vector<std::string> reasons;
  // A program is held by the sandbox; what is asked over the network is held by nothing.
  const auto effect = server.definition().command.empty() ? chat::Effect::network : chat::Effect::execute;
  for (const auto& tool : offered) {
    const auto name = tool_name(server.definition().name, tool.name);
    const auto schema = schema_of(tool);
    auto schema_text = chat::dump(schema);
    if (auto why = obstacle(tool, name, schema, schema_text.size(), taken); !why.empty()) {
      reasons.push_back(std::move(why));
      continue;
    }
    taken.insert(name);
    const auto description = text::preview(unicode::sanitize(tool.description), max_description_bytes, "[…]").text;
    out.push_back(std::make_unique<ServerTool>(server, tool.name,
                                               chat::ToolSpec{.name = name,
                                                              .description = server.clean(description),
                                                              .input_schema = std::move(schema_text),
                                                              .effect = effect,
                                                              .parallel_safe = tool.reads_only}));
  }
  tell_left_out(server.definition().name, std::move(reasons), left_out);
  return out;
}

}  // namespace errand::mcp
