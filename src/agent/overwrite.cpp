#include "agent/overwrite.hpp"

#include <fmt/format.h>

#include "tool/files.hpp"

namespace errand::agent {

std::string would_lose_secrets(const PlannedCall& plan, const tool::Context& context,
                               const secrets::Redactor& secrets) {
  if (plan.tool->spec().name != "Write" || plan.call.arguments.find("[removed: ") == std::string::npos) return {};
  for (const auto& target : context.targets) {
    const auto now = tool::read_whole(context, target);  // what can't be read is the tool's own to tell
    if (!now || !secrets.finds_in(now->content)) continue;
    return fmt::format(
        "{} holds secrets that you were shown as \"[removed: …]\"; writing it whole would destroy them. Change the "
        "lines "
        "around them with Edit",
        tool::shown_path(context, target.path));
  }
  return {};
}

}  // namespace errand::agent
