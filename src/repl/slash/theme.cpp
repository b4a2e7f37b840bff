#include "base/try.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_theme(const std::string& argument, SlashContext& context);

Result<After> run_theme(const std::string& argument, SlashContext& context) {
  ERRAND_TRY_ASSIGN(const auto now, context.appearance.use_theme(argument));
  context.say(now);
  return After::go_on;
}

}  // namespace errand::repl
