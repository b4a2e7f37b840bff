#include <fmt/format.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_agent(const std::string& argument, SlashContext& context);

Result<After> run_agent(const std::string& argument, SlashContext& context) {
  if (argument.empty()) {
    for (const auto& entry : context.config.agents) {
      const bool current = entry.definition.id == context.chat.definition().id;
      context.say(fmt::format("{} {}  {}", current ? "*" : " ", entry.definition.id,
                              text::first_line(entry.definition.description)));
    }
    return After::go_on;
  }
  ERRAND_TRY_ASSIGN(auto definition, context.definition_of(argument));
  context.chat.use_agent(std::move(definition));
  context.say(fmt::format("agent: {}", argument));
  return After::go_on;
}

}  // namespace errand::repl
