#include <fmt/format.h>

#include "chat/names.hpp"
#include "chat/rule.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_permissions(const std::string& argument, SlashContext& context);

Result<After> run_permissions(const std::string&, SlashContext& context) {
  const auto& definition = context.chat.definition();
  context.say(fmt::format("mode   {}", chat::name_of(definition.permission_mode)));
  for (const auto& rule : definition.rules) {
    context.say(fmt::format("{:<6} {}  ({})", chat::name_of(rule.action), chat::to_string(rule), rule.origin));
  }
  return After::go_on;
}

}  // namespace errand::repl
