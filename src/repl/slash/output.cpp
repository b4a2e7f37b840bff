#include "base/try.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_output(const std::string& argument, SlashContext& context);

Result<After> run_output(const std::string&, SlashContext& context) {
  if (context.last_output.empty()) {
    return fail(ErrorKind::failure, "no command of yours has run in this chat", "!make runs make in the sandbox");
  }
  ERRAND_TRY(context.page(context.last_output));
  return After::go_on;
}

}  // namespace errand::repl
