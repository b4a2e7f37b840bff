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
constexpr std::size_t max_schema_bytes = std::size_t{64} << 10U;
constexpr std::size_t max_summary_columns = 200;

bool is_name_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

std::string model_name(const std::string& server, std::string tool) {
  std::ranges::replace_if(
      tool, [](char c) { return !is_name_letter(c); }, '_');
  return fmt::format("mcp__{}__{}", server, tool);
}

// A server that calls a tool that is no object's says nothing about its input.
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
std::string obstacle(const OfferedTool& tool, const std::string& name, const std::string& schema,
                     const std::set<std::string>& taken) {
  if (tool.name.empty()) return "it has no name";
  if (name.size() > max_name) return fmt::format("its name {} is longer than {} letters", name, max_name);
  if (taken.contains(name)) return fmt::format("another one is named {} already", name);
  if (schema.size() > max_schema_bytes) return fmt::format("its schema has more than {} bytes", max_schema_bytes);
  return {};
}

}  // namespace

std::vector<std::unique_ptr<tool::Tool>> server_tools(Server& server, const std::vector<OfferedTool>& offered,
                                                      std::vector<std::string>& left_out) {
  std::vector<std::unique_ptr<tool::Tool>> out;
  std::set<std::string> taken;
  // A program is held by the sandbox; what is asked over the network is held by nothing.
  const auto effect = server.definition().command.empty() ? chat::Effect::network : chat::Effect::execute;
  for (const auto& tool : offered) {
    const auto name = model_name(server.definition().name, tool.name);
    auto schema = chat::dump(schema_of(tool));
    if (const auto why = obstacle(tool, name, schema, taken); !why.empty()) {
      left_out.push_back(fmt::format("a tool of the MCP server \"{}\" is not offered: {}", server.definition().name,
                                     unicode::sanitize(why)));
      continue;
    }
    taken.insert(name);
    const auto description = text::preview(unicode::sanitize(tool.description), max_description_bytes, "[…]").text;
    out.push_back(std::make_unique<ServerTool>(server, tool.name,
                                               chat::ToolSpec{.name = name,
                                                              .description = description,
                                                              .input_schema = std::move(schema),
                                                              .effect = effect,
                                                              .parallel_safe = tool.reads_only}));
  }
  return out;
}

}  // namespace errand::mcp
