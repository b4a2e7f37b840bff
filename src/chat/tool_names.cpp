#include "chat/tool_names.hpp"

#include <algorithm>
#include <array>

namespace errand::chat {

namespace {

// Byte-stable: the order is part of every request's prefix.
constexpr std::array<std::string_view, 15> builtin = {
    "Read",      "Write",           "Edit",  "Glob",   "Grep", "Bash",        "BashOutput", "KillShell", "WebFetch",
    "TodoWrite", "AskUserQuestion", "Skill", "Memory", "Task", "ExitPlanMode"};

struct Alias {
  std::string_view other;
  std::string_view ours;
};

// What other programs call the same thing.
constexpr std::array aliases = {
    Alias{"bash", "Bash"},
    Alias{"bash_exec", "Bash"},
    Alias{"shell", "Bash"},
    Alias{"run_shell_command", "Bash"},
    Alias{"bash_output", "BashOutput"},
    Alias{"kill_shell", "KillShell"},
    Alias{"KillBash", "KillShell"},
    Alias{"read", "Read"},
    Alias{"read_file", "Read"},
    Alias{"view", "Read"},
    Alias{"write", "Write"},
    Alias{"write_file", "Write"},
    Alias{"create_file", "Write"},
    Alias{"edit", "Edit"},
    Alias{"edit_file", "Edit"},
    Alias{"MultiEdit", "Edit"},
    Alias{"replace", "Edit"},
    Alias{"str_replace_based_edit_tool", "Edit"},
    Alias{"str_replace_editor", "Edit"},
    Alias{"glob", "Glob"},
    Alias{"find_files", "Glob"},
    Alias{"grep", "Grep"},
    Alias{"search_files", "Grep"},
    Alias{"web_fetch", "WebFetch"},
    Alias{"todo_write", "TodoWrite"},
    Alias{"write_todos", "TodoWrite"},
    Alias{"ask_user_question", "AskUserQuestion"},
    Alias{"skill", "Skill"},
    Alias{"memory", "Memory"},
    Alias{"save_memory", "Memory"},
    Alias{"exit_plan_mode", "ExitPlanMode"},
    Alias{"task", "Task"},
    Alias{"Agent", "Task"},
};

// Known elsewhere, or to come here; an agents.yaml that lists one still loads, with a warning.
constexpr std::array<std::string_view, 25> foreign = {"WebSearch",
                                                      "web_search",
                                                      "TaskOutput",
                                                      "EnterPlanMode",
                                                      "NotebookEdit",
                                                      "NotebookRead",
                                                      "TaskCreate",
                                                      "TaskGet",
                                                      "TaskUpdate",
                                                      "TaskList",
                                                      "TodoRead",
                                                      "LS",
                                                      "find_block",
                                                      "run_block",
                                                      "check_operation_status",
                                                      "create_agent",
                                                      "edit_agent",
                                                      "read_workspace_file",
                                                      "write_workspace_file",
                                                      "list_workspace_files",
                                                      "delete_workspace_file",
                                                      "list_workspace_file",
                                                      "SlashCommand",
                                                      "ListMcpResources",
                                                      "ReadMcpResource"};

}  // namespace

std::span<const std::string_view> builtin_tool_names() {
  return builtin;
}

std::string_view canonical_tool_name(std::string_view name) {
  if (const auto found = std::ranges::find(builtin, name); found != builtin.end()) return *found;
  const auto found = std::ranges::find(aliases, name, &Alias::other);
  return found == aliases.end() ? std::string_view{} : found->ours;
}

bool is_foreign_tool(std::string_view name) {
  return std::ranges::find(foreign, name) != foreign.end();
}

bool is_mcp_tool(std::string_view name) {
  return name.starts_with("mcp__");
}

}  // namespace errand::chat
