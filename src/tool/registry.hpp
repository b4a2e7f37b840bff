#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tool/tool.hpp"

namespace errand::tool {

/// The tools that exist, in a fixed order (so that requests stay byte-stable).
class Registry {
 public:
  void add(std::unique_ptr<Tool> tool);

  /// By its name or an older or foreign one ("bash_exec"); nullptr when there is none.
  [[nodiscard]] Tool* find(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] const std::vector<std::unique_ptr<Tool>>& all() const { return tools_; }

 private:
  std::vector<std::unique_ptr<Tool>> tools_;
};

/// The built-in tools of this room (Task, which runs agents, is the agent room's).
void add_builtin(Registry& registry);

}  // namespace errand::tool
