#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace errand::chat {

enum class PermissionMode { ask, automatic, deny, plan, bypass };

enum class RuleAction { deny, ask, allow };

/// One permission rule: `Tool` or `Tool(spec)`, as in tools documentation.
struct Rule {
  RuleAction action = RuleAction::ask;
  std::string tool;    ///< "Bash", "mcp__github__*"
  std::string spec;    ///< what stands in the parentheses; empty: every call of the tool
  std::string origin;  ///< where it was written, for people: "agents.yaml:14:9", "--allow"
  bool operator==(const Rule&) const = default;
};

enum class Network { none, allowlist, full };

/// What tools may touch, as the agent's YAML says it. Paths are as written; they start at the workspace.
struct SandboxSettings {
  Network network = Network::none;
  std::vector<std::string> allowed_domains;
  std::vector<std::string> writable = {"."};
  std::vector<std::string> readable;
  std::vector<std::string> env;  ///< names of variables that pass through
  std::uint64_t memory_bytes = std::uint64_t{2} << 30U;
  int processes = 256;
  std::chrono::milliseconds cpu{120'000};
  bool operator==(const SandboxSettings&) const = default;
};

struct Limits {
  int max_turns = 50;
  std::int64_t max_tokens = 0;           ///< of the whole run, subagents included; 0: none
  double max_cost_usd = 0;               ///< 0: none
  std::chrono::milliseconds timeout{0};  ///< of the whole run; 0: none
  int parallel_tools = 8;
  int parallel_subagents = 4;
  int subagent_depth = 2;
  bool operator==(const Limits&) const = default;
};

/// A command that is told of what happens in a run and may steer it; runs in the agent's own sandbox.
struct Hook {
  std::string event;      ///< "PreToolUse", "Stop" …
  std::string matcher;    ///< of tool names and the like; empty or "*": all
  std::string command;    ///< for the shell
  std::string condition;  ///< a permission rule the call must match (`if: "Bash(git push *)"`); empty: any
  std::chrono::milliseconds timeout{600'000};
  std::string origin;  ///< where it was written, for people
  bool operator==(const Hook&) const = default;
};

/// A program or a host that brings tools (Model Context Protocol). `${NAME}` in its texts is not replaced yet.
struct McpServer {
  std::string name;     ///< "github": its tools are mcp__github__…
  std::string command;  ///< a program that is spoken to on its stdin and stdout; empty: there is a `url`
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;  ///< for `command`, beside what the sandbox passes
  std::string cwd;                                       ///< as written, starts at the workspace; empty: the workspace
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  bool old_transport = false;                 ///< `type: sse`
  std::chrono::milliseconds timeout{60'000};  ///< the longest wait for an answer, starting included
  bool operator==(const McpServer&) const = default;
};

/// none|minimal|low|medium|high|max, or a budget in tokens; empty effort and no budget: the model's default.
struct ThinkingSettings {
  std::string effort;
  std::int64_t budget_tokens = 0;
  bool operator==(const ThinkingSettings&) const = default;
};

/// How a reply is to be written; what is absent is the model's own default.
struct GenerationSettings {
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::int64_t max_output = 0;                    ///< tokens; 0: the model's own
  std::vector<std::string> stop;                  ///< texts that end a reply
  std::string tool_choice;                        ///< "auto" (as empty), "any", "none", or the one tool to call
  std::optional<std::int64_t> uncapped_output{};  ///< max_output as it was before a limit of the run lowered it
  bool operator==(const GenerationSettings&) const = default;
};

struct Variable {
  std::string default_value;
  std::string description;
  bool has_default = false;
  bool operator==(const Variable&) const = default;
};

/// An agent or subagent, checked and resolved: names exist, paths are absolute, older spellings are translated.
struct AgentDefinition {
  std::string id;
  std::string name;
  std::string description;
  std::vector<std::string> models;  ///< as written: aliases or provider/model; more than one: fallback chain
  std::string system_prompt;
  bool replace_system_prompt = false;
  std::string prompt;  ///< the user's prompt when a run gets none
  std::map<std::string, Variable> variables;
  std::optional<std::vector<std::string>> tools;  ///< absent: all built-in ones
  std::vector<std::string> disallowed_tools;
  std::optional<std::vector<std::string>> subagents;  ///< absent: all
  std::optional<std::vector<std::string>> skills;     ///< absent: all
  std::vector<Rule> rules;
  PermissionMode permission_mode = PermissionMode::ask;
  bool permission_mode_set = false;  ///< written down, rather than the default
  SandboxSettings sandbox;
  std::vector<Hook> hooks;
  std::vector<McpServer> mcp_servers;
  Limits limits;
  ThinkingSettings thinking;
  GenerationSettings generation;
  std::string output_schema;  ///< JSON Schema text the answer must validate against; empty: free text
  std::vector<std::string> context_files = {"AGENTS.md", "CLAUDE.md"};
  std::string cwd;          ///< as written, starts at the workspace; empty: where the user stands
  bool background = false;  ///< subagents: the parent goes on
  std::string origin;       ///< the file it came from
  std::string hash;         ///< changes when the definition does
  bool operator==(const AgentDefinition&) const = default;
};

/// A skill as the prompt names it; the body is read when the model asks for it.
struct SkillDefinition {
  std::string name;
  std::string description;
  std::string directory;  ///< absolute; SKILL.md and the files beside it
  std::string origin;     ///< "project", "user", "shipped"
  bool operator==(const SkillDefinition&) const = default;
};

}  // namespace errand::chat
