#include <string>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/time.hpp"
#include "base/unicode.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_tasks(const std::string& argument, SlashContext& context);

namespace {

constexpr std::size_t command_columns = 100;

std::string state_of(const tool::Shells::Status& task) {
  if (!task.finished) return "running";
  const auto& finished = *task.finished;
  if (!finished) return fmt::format("failed: {}", finished.error().message);
  const auto after = format_duration(finished->duration);
  switch (finished->end) {
    case ProcessEnd::exited:
      return fmt::format("exit code {} after {}", finished->exit_code, after);
    case ProcessEnd::signalled:
      return fmt::format("ended by signal {} after {}", finished->exit_code - 128, after);
    case ProcessEnd::cancelled:
      return fmt::format("stopped after {}", after);
    case ProcessEnd::timed_out:
    case ProcessEnd::output_limit:
    case ProcessEnd::alarmed:
      break;
  }
  return fmt::format("ended by a limit after {}", after);
}

}  // namespace

Result<After> run_tasks(const std::string&, SlashContext& context) {
  const auto tasks = context.chat.background();
  if (tasks.empty()) context.say("nothing runs in the background");
  for (const auto& task : tasks) {
    const auto command =
        text::ellipsize(unicode::sanitize(text::first_line(text::trim(task.command))), command_columns);
    context.say(fmt::format("{}  {}  {}", task.id, state_of(task), command));
  }
  return After::go_on;
}

}  // namespace errand::repl
