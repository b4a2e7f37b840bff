#include <algorithm>

#include <fmt/format.h>

#include "agent/dispatch.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"
#include "chat/tool_names.hpp"

// A reply's calls as they are read, before anything is decided.
namespace errand::agent {

namespace {

constexpr std::size_t max_summary_columns = 200;

std::string one_line(std::string_view s) {
  auto clean = unicode::sanitize(s);
  std::ranges::replace(clean, '\n', ' ');
  return text::ellipsize(clean, max_summary_columns);
}

std::string unknown_tool(const std::string& name, const std::vector<tool::Tool*>& tools) {
  std::vector<std::string> known;
  for (const auto* tool : tools) known.push_back(tool->spec().name);
  return fmt::format("there is no tool \"{}\" here; {}", name, text::suggest(name, known, "tools"));
}

PlannedCall plan_one(const chat::ToolCall& call, const std::vector<tool::Tool*>& tools) {
  PlannedCall plan{.call = call,
                   .input = std::make_shared<const Json>(Json::object()),
                   .refusal = {},
                   .summary = one_line(call.name)};
  auto name = chat::canonical_tool_name(call.name);
  if (name.empty()) name = call.name;
  const auto found = std::ranges::find_if(tools, [&](const auto* tool) { return tool->spec().name == name; });
  if (found == tools.end()) {
    plan.refusal = unknown_tool(call.name, tools);
    return plan;
  }
  auto input = chat::parse_arguments(call.arguments);
  if (!input) {
    plan.refusal = fmt::format("the input of {} must be one JSON object, and this is none: {}", call.name,
                               text::ellipsize(text::first_line(call.arguments), max_summary_columns));
    return plan;
  }
  if (auto valid = tool::validate((*found)->spec(), *input); !valid) {
    plan.refusal = valid.error().message;
    return plan;
  }
  plan.tool = *found;
  plan.summary = one_line((*found)->summary(*input));
  plan.input = std::make_shared<const Json>(*std::move(input));
  return plan;
}

}  // namespace

std::vector<PlannedCall> plan_calls(const std::vector<chat::ToolCall>& calls, const std::vector<tool::Tool*>& tools) {
  std::vector<PlannedCall> out;
  out.reserve(calls.size());
  for (const auto& call : calls) out.push_back(plan_one(call, tools));
  return out;
}

}  // namespace errand::agent
