#include "base/try.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_init(const std::string& argument, SlashContext& context);

namespace {

constexpr std::string_view prompt =
    "Look at this project and write an AGENTS.md in its root directory (improve the one that is there): what it is and "
    "how it is laid out, in a few lines; the commands that build it, run all tests and run a single one, each tried or "
    "read from the project's own files; conventions that the code follows and a newcomer would get wrong. Only what is "
    "true of this project and of use to someone who is about to change it; at most 60 lines.";

}  // namespace

Result<After> run_init(const std::string&, SlashContext& context) {
  ERRAND_TRY(context.ask({{chat::UserBlock{chat::Text{std::string(prompt)}}}}));
  return After::go_on;
}

}  // namespace errand::repl
