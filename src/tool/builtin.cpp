#include "tool/builtin.hpp"

#include <array>
#include <string_view>

#include "tool/registry.hpp"

namespace errand::tool {

namespace {

struct Entry {
  std::string_view name;
  std::unique_ptr<Tool> (*make)();
};

// In the order of chat::builtin_tool_names(), which is the order of every request.
constexpr std::array table = {
    Entry{"Read", make_read},
    Entry{"Write", make_write},
    Entry{"Edit", make_edit},
    Entry{"Glob", make_glob},
    Entry{"Grep", make_grep},
    Entry{"Bash", make_bash},
    Entry{"BashOutput", make_bash_output},
    Entry{"KillShell", make_kill_shell},
    Entry{"WebFetch", make_web_fetch},
    Entry{"TodoWrite", make_todo_write},
    Entry{"AskUserQuestion", make_ask_user_question},
    Entry{"Skill", make_skill},
    Entry{"Memory", make_memory},
    Entry{"ExitPlanMode", make_exit_plan_mode},
};

}  // namespace

void add_builtin(Registry& registry) {
  for (const auto& entry : table) registry.add(entry.make());
}

}  // namespace errand::tool
