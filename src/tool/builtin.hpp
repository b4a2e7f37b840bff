#pragma once

#include <memory>

#include "tool/tool.hpp"

namespace errand::tool {

// One factory for each file in builtin/; builtin.cpp lists them.
std::unique_ptr<Tool> make_read();
std::unique_ptr<Tool> make_write();
std::unique_ptr<Tool> make_edit();
std::unique_ptr<Tool> make_glob();
std::unique_ptr<Tool> make_grep();
std::unique_ptr<Tool> make_bash();
std::unique_ptr<Tool> make_bash_output();
std::unique_ptr<Tool> make_kill_shell();
std::unique_ptr<Tool> make_web_fetch();
std::unique_ptr<Tool> make_todo_write();
std::unique_ptr<Tool> make_ask_user_question();
std::unique_ptr<Tool> make_skill();
std::unique_ptr<Tool> make_memory();
std::unique_ptr<Tool> make_exit_plan_mode();

}  // namespace errand::tool
