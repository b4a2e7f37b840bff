#include "tool/registry.hpp"

#include <algorithm>
#include <utility>

#include "chat/tool_names.hpp"

namespace errand::tool {

void Registry::add(std::unique_ptr<Tool> tool) {
  tools_.push_back(std::move(tool));
}

Tool* Registry::find(std::string_view name) const {
  const auto named = [this](std::string_view wanted) {
    const auto found = std::ranges::find_if(tools_, [&](const auto& tool) { return tool->spec().name == wanted; });
    return found == tools_.end() ? nullptr : found->get();
  };
  if (auto* const tool = named(name)) return tool;
  const auto canonical = chat::canonical_tool_name(name);
  return canonical.empty() ? nullptr : named(canonical);
}

std::vector<std::string> Registry::names() const {
  std::vector<std::string> out;
  for (const auto& tool : tools_) out.push_back(tool->spec().name);
  return out;
}

}  // namespace errand::tool
