#include <unistd.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "render/options.hpp"
#include "render/summary.hpp"
#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_todos(const std::string& argument, SlashContext& context);

Result<After> run_todos(const std::string&, SlashContext& context) {
  ERRAND_TRY_ASSIGN(auto items, context.chat.todos());
  if (items.empty()) {
    context.say("there is no todo list");
    return After::go_on;
  }
  const auto color = context.appearance.theme().paints() ? render::Color::on : render::Color::off;
  const auto lines =
      render::todo_lines({std::move(items)}, render::columns_of(STDERR_FILENO), color, render::Work::is_over);
  context.show(lines.ends_with('\n') ? lines : lines + '\n');
  return After::go_on;
}

}  // namespace errand::repl
