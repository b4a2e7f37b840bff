#include <fmt/format.h>

#include "base/try.hpp"
#include "base/unicode.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_files(const std::string& argument, SlashContext& context);

Result<After> run_files(const std::string&, SlashContext& context) {
  ERRAND_TRY_ASSIGN(const auto files, context.chat.touched_files());
  if (files.empty()) context.say("no file was read or changed by a tool of this session");
  for (const auto& file : files) {
    context.say(fmt::format("{:<7}  {}", file.changed ? "changed" : "read",
                            unicode::sanitize(context.chat.shown_path(file.path))));
  }
  return After::go_on;
}

}  // namespace errand::repl
