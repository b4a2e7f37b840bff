#include <fmt/format.h>

#include "base/try.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_compact(const std::string& argument, SlashContext& context);

Result<After> run_compact(const std::string& argument, SlashContext& context) {
  ERRAND_TRY_ASSIGN(const auto made, context.chat.compact(argument, context.begin()));
  context.say(fmt::format("the conversation has about {} tokens now, it had {}", made.after, made.before));
  return After::go_on;
}

}  // namespace errand::repl
