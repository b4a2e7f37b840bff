#include <fmt/format.h>

#include "base/try.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_vim(const std::string& argument, SlashContext& context);

namespace {

Result<std::string_view> keys_for(const std::string& argument) {
  if (argument.empty()) return "other";
  if (argument == "on") return "vi";
  if (argument == "off") return "emacs";
  return fail(ErrorKind::usage, fmt::format("/vim takes on or off, not \"{}\"", argument));
}

}  // namespace

Result<After> run_vim(const std::string& argument, SlashContext& context) {
  ERRAND_TRY_ASSIGN(const auto keys, keys_for(argument));
  ERRAND_TRY_ASSIGN(const auto now, context.appearance.use_keys(keys));
  context.say(now);
  return After::go_on;
}

}  // namespace errand::repl
