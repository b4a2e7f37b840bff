#include <catch2/catch.hpp>

#include "support.hpp"

using namespace errand;
using namespace errand::config;

namespace {

std::string told_of_agents(std::string_view text) {
  World world;
  world.write("project/agents.yaml", text);
  return world.mistakes();
}

std::string told_of_subagents(std::string_view text) {
  World world;
  world.write("project/subagents.yaml", text);
  return world.mistakes();
}

Configuration loaded(std::string_view text) {
  World world;
  world.write("project/agents.yaml", text);
  return world.load();
}

struct Case {
  std::string_view text;
  std::string_view told;
};

}  // namespace

TEST_CASE("agents: all mistakes of all files come at once, in order", "[config][agents]") {
  World world;
  world.write("project/config.yaml", "retry: { attempts: many }\n");
  world.write("project/agents.yaml",
              "default_agent: helpr\n"
              "agents:\n"
              "  helper:\n"
              "    model: sonet\n"
              "    tools: [Read, Grpe]\n"
              "    subagents: [revewer]\n"
              "    skills: [debuging]\n"
              "    limits: { max_turn: 3 }\n");
  world.write("project/subagents.yaml", "reviewer:\n  description: x\n  tools: Read\n");
  world.write("project/skills/debugging/SKILL.md", "---\nname: debugging\ndescription: x\n---\n");
  CHECK(
      world.mistakes() ==
      "error: retry.attempts must be a whole number from 1 to 100, not \"many\"\n"
      "  at config.yaml:1:20\n"
      "error: unknown agent \"helpr\"\n"
      "  at agents.yaml:1:16\n"
      "  hint: did you mean \"helper\"? known agents: helper\n"
      "error: unknown model \"sonet\"\n"
      "  at agents.yaml:4:12\n"
      "  hint: did you mean \"sonnet\"? name an alias (opus, sonnet, haiku, fable), an id that errand models lists, or "
      "provider/model\n"
      "error: unknown tool \"Grpe\" in tools of agent \"helper\"\n"
      "  at agents.yaml:5:19\n"
      "  hint: did you mean \"Grep\"? known tools: Read, Write, Edit, Glob, Grep, Bash, BashOutput, KillShell, "
      "WebFetch, TodoWrite, "
      "AskUserQuestion, "
      "Skill, Memory, Task, ExitPlanMode\n"
      "error: unknown subagent \"revewer\"\n"
      "  at agents.yaml:6:17\n"
      "  hint: did you mean \"reviewer\"? known subagents: reviewer\n"
      "error: unknown skill \"debuging\"\n"
      "  at agents.yaml:7:14\n"
      "  hint: did you mean \"debugging\"? known skills: debugging\n"
      "error: unknown key \"max_turn\" in limits of agent \"helper\"\n"
      "  at agents.yaml:8:15\n"
      "  hint: did you mean \"max_turns\"? known keys: max_turns, max_tokens, max_cost_usd, timeout, parallel_tools, "
      "parallel_subagents, subagent_depth, day_usd, month_usd\n"
      "error: tools of subagent \"reviewer\" must be a list, not \"Read\"\n"
      "  at subagents.yaml:3:10\n"
      "  hint: write [Read]\n");
}

TEST_CASE("agents: a wrong value is told with its place, what was found and what is wanted", "[config][agents]") {
  const auto c = GENERATE(values<Case>({
      {"",
       "error: the file holds no agents\n  at agents.yaml:1:1\n  hint: write one below \"agents:\", or remove the "
       "file\n"},
      {"- a\n", "error: the file must be a map of keys, not a list\n  at agents.yaml:1:1\n"},
      {"just text\n", "error: the file must be a map of keys, not \"just text\"\n  at agents.yaml:1:1\n"},
      {"agents: [a]\n", "error: agents must be a map of ids, not a list\n  at agents.yaml:1:9\n"},
      {"agents: { a: {} }\nhelper: {}\n",
       "error: unknown key \"helper\" beside agents\n  at agents.yaml:2:1\n"
       "  hint: a definition of that name belongs below agents; known keys: agents, _defaults, default_agent\n"},
      {"a:\n",
       "error: agent \"a\" has no value\n  at agents.yaml:1:1\n  hint: write {} for one that is all defaults\n"},
      {"a: {}\nb: 3\n", "error: agent \"b\" must be a map of keys, not \"3\"\n  at agents.yaml:2:4\n"},
      {"Bad: {}\n",
       "error: \"Bad\" is no id for an agent\n  at agents.yaml:1:1\n"
       "  hint: use a-z, 0-9 and -, at most 63 of them, a letter or digit first\n"},
      {"a: { tools: }\n",
       "error: tools of agent \"a\" has no value\n  at agents.yaml:1:6\n  hint: remove the key, or give it one\n"},
      {"a: { prompt_: x }\n",
       "error: unknown key \"prompt_\" in agent \"a\"\n  at agents.yaml:1:6\n"
       "  hint: did you mean \"prompt\"? known keys: name, description, model, system_prompt, replace_system_prompt, "
       "prompt, "
       "variables, tools, disallowed_tools, subagents, skills, plugins, mcp_servers, permissions, permission_mode, "
       "sandbox, "
       "limits, thinking, temperature, top_p and 7 more\n"},
      {"a: { replace_system_prompt: yes }\n",
       "error: replace_system_prompt of agent \"a\" must be true or false, not \"yes\"\n  at agents.yaml:1:29\n"},
      {"a: { model: [] }\n",
       "error: model of agent \"a\" is an empty list\n  at agents.yaml:1:13\n  hint: name a model, or remove the "
       "key\n"},
      {"a: { model: nobody/x }\n",
       "error: unknown provider \"nobody\"\n  at agents.yaml:1:13\n"
       "  hint: known providers: replay, scripted, anthropic, openai, gemini, zai, proxy, ollama, lmstudio, llamacpp, "
       "vllm, "
       "openrouter, groq, deepseek, mistral, xai, together, cerebras, moonshotai\n"},
      {"a: { model: ollama/ }\n",
       "error: \"ollama/\" names no model behind its provider\n  at agents.yaml:1:13\n  hint: write provider/model\n"},
      {"a: { tools: [\"Bash(git *)\"] }\n",
       "error: \"Bash(git *)\" in tools of agent \"a\" is a permission rule, not a tool\n  at agents.yaml:1:14\n"
       "  hint: rules go under permissions: allow, ask or deny\n"},
      {"a: { permissions: { deny: [\"Bash(rm\"] } }\n",
       "error: \"Bash(rm\" is not a permission rule\n  at agents.yaml:1:28\n"
       "  hint: write a rule as Read, Bash(git status), Bash(make *) or Edit(src/**)\n"},
      {"a: { permission_mode: aut }\n",
       "error: permission_mode of agent \"a\" must be ask, auto, deny, plan or bypass, not \"aut\"\n  at "
       "agents.yaml:1:23\n"
       "  hint: did you mean \"auto\"?\n"},
      {"a: { sandbox: { memory: 2GB5 } }\n",
       "error: sandbox.memory of agent \"a\" must be a size like 512MiB or 2GiB of at least 64 MiB, not \"2GB5\"\n"
       "  at agents.yaml:1:25\n"},
      {"a: { sandbox: { network: [] } }\n",
       "error: sandbox.network of agent \"a\" must be none, allowlist or full, not a list\n  at agents.yaml:1:26\n"},
      {"a: { sandbox: { env: [\"A=1\"] } }\n",
       "error: \"A=1\" in sandbox.env of agent \"a\" is no name of an environment variable\n  at agents.yaml:1:23\n"
       "  hint: list names; their values come from the environment\n"},
      {"a: { limits: { timeout: soon } }\n",
       "error: limits.timeout of agent \"a\" must be a duration like 90s, 15m or 1h30m, not \"soon\"\n  at "
       "agents.yaml:1:25\n"},
      {"a: { limits: { max_cost_usd: -1 } }\n",
       "error: limits.max_cost_usd of agent \"a\" must be a number of at least 0, not \"-1\"\n  at agents.yaml:1:30\n"},
      {"a: { limits: { max_turns: 1e3 } }\n",
       "error: limits.max_turns of agent \"a\" must be a whole number from 1 to 10000, not \"1e3\"\n  at "
       "agents.yaml:1:27\n"},
      {"a: { limits: { max_turns: \"5\" } }\n",
       "error: limits.max_turns of agent \"a\" must be a whole number from 1 to 10000, not \"5\"\n  at "
       "agents.yaml:1:27\n"},
      {"a: { thinking: { effort: hihg } }\n",
       "error: thinking.effort of agent \"a\" must be none, minimal, low, medium, high or max, not \"hihg\"\n"
       "  at agents.yaml:1:26\n  hint: did you mean \"high\"?\n"},
      {"a: { thinking: { effort: high, budget_tokens: 2000 } }\n",
       "error: thinking of agent \"a\" has both an effort and budget_tokens\n  at agents.yaml:1:16\n  hint: keep one "
       "of them\n"},
      {"a:\n  system_prompt: |\n    Use {{branch}} and {{ brnch }}, not {{1}} or {{}}\n  variables: { brnch: { "
       "default: x } }\n",
       "error: system_prompt uses {{branch}}, which is not among the variables\n  at agents.yaml:2:18\n"
       "  hint: did you mean \"brnch\"? known variables: brnch\n"},
      {"_defaults: { prompt: \"{{x}}\" }\na: {}\nb: {}\n",
       "error: prompt uses {{x}}, which is not among the variables\n  at agents.yaml:1:22\n"
       "  hint: declare it: variables: { x: { default: … } }\n"},
      {"a: { variables: { \"no name\": {} } }\n",
       "error: \"no name\" is no name for a variable\n  at agents.yaml:1:19\n"
       "  hint: use letters, digits, _ and -, a letter first\n"},
      {"a: { context_files: [AGENTS.md, ../other.md, /etc/passwd] }\n",
       "error: \"../other.md\" in context_files of agent \"a\" leads out of the project\n  at agents.yaml:1:33\n"
       "  hint: name files that are looked for in each directory up to the project's root\n"
       "error: \"/etc/passwd\" in context_files of agent \"a\" leads out of the project\n  at agents.yaml:1:46\n"
       "  hint: name files that are looked for in each directory up to the project's root\n"},
      {"a: { mcp_servers: { s: { command: x, url: \"https://x\" } } }\n",
       "error: mcp_servers.s of agent \"a\" must have either a command or a url\n  at agents.yaml:1:24\n"},
      {"a: { plugins: [playwright] }\n",
       "error: \"playwright\" in plugins of agent \"a\" is no plugin\n  at agents.yaml:1:16\n"
       "  hint: write name@marketplace, or { path: ./directory }\n"},
      {"a: { output_schema: nowhere.json }\n",
       "error: output_schema of agent \"a\" names no file: \"nowhere.json\"\n  at agents.yaml:1:21\n"
       "  hint: paths start at the directory of this file\n"},
      {"a: { output_schema: agents.yaml }\n",
       "error: output_schema of agent \"a\" is no JSON Schema: \"agents.yaml\"\n  at agents.yaml:1:21\n"
       "  hint: the file must hold one JSON object\n"},
      {"a: { temperature: 2.1, top_p: -1, max_output: 0 }\n",
       "error: temperature of agent \"a\" must be a number from 0 to 2, not \"2.1\"\n  at agents.yaml:1:19\n"
       "error: top_p of agent \"a\" must be a number of at least 0, not \"-1\"\n  at agents.yaml:1:31\n"
       "error: max_output of agent \"a\" must be a whole number from 1 to 100000000, not \"0\"\n  at "
       "agents.yaml:1:47\n"},
      {"a: { stop: END, tool_choice: Grpe }\n",
       "error: stop of agent \"a\" must be a list, not \"END\"\n  at agents.yaml:1:12\n  hint: write [END]\n"
       "error: unknown tool \"Grpe\" in tool_choice of agent \"a\"\n  at agents.yaml:1:30\n"
       "  hint: did you mean \"Grep\"? known tools: Read, Write, Edit, Glob, Grep, Bash, BashOutput, KillShell, "
       "WebFetch, TodoWrite, "
       "AskUserQuestion, "
       "Skill, Memory, Task, ExitPlanMode\n"},
      {"a: { sandbox: { network: allowlist, allowed_domains: [good.example, \"exa mple.com\"] } }\n",
       "error: allowed_domains: \"exa mple.com\" is no host: it holds a character no host has\n  at agents.yaml:1:69\n"
       "  hint: write hosts such as example.com, *.example.com, example.com:8443, 192.0.2.1 or [2001:db8::1]:80\n"},
      {"a: { stop: [\"\"] }\n", "error: stop of agent \"a\" holds an empty text\n  at agents.yaml:1:13\n"},
  }));
  CHECK(told_of_agents(c.text) == c.told);
}

TEST_CASE("subagents: what is wrong is told likewise", "[config][agents]") {
  const auto c = GENERATE(values<Case>({
      {"subagents: { r: {} }\n",
       "error: subagent \"r\" has no description\n  at subagents.yaml:1:14\n"
       "  hint: the model that may start it chooses by its description\n"},
      {"r: { description: x, sandbox: {} }\n",
       "error: unknown key \"sandbox\" in subagent \"r\"\n  at subagents.yaml:1:22\n"
       "  hint: known keys: name, description, model, system_prompt, tools, disallowed_tools, skills, permissions, "
       "permission_mode, limits, thinking, temperature, top_p, max_output, stop, tool_choice, hooks, background\n"},
      {"",
       "error: the file holds no subagents\n  at subagents.yaml:1:1\n  hint: write one below \"subagents:\", or remove "
       "the file\n"},
  }));
  CHECK(told_of_subagents(c.text) == c.told);
}

TEST_CASE("agents: every key reaches the definition", "[config][agents]") {
  World world;
  world.write("project/schema.json", "{}");
  world.write("project/subagents.yaml", "subagents: { reviewer: { description: Reviews } }\n");
  world.write("project/skills/s/SKILL.md", "---\nname: s\ndescription: d\n---\n");
  world.write("project/agents.yaml", R"yaml(
agents:
  helper:
    name: Helper
    description: Helps
    model: [opus, ollama/qwen3, scripted/replies.yaml]
    system_prompt: "Work on {{branch}}"
    replace_system_prompt: true
    prompt: Go
    variables: { branch: { default: main, description: the branch } }
    tools: [Read, bash_exec, Bash, "mcp__github__*"]
    disallowed_tools: [Write]
    subagents: [reviewer]
    skills: [s]
    permissions: { ask: ["Bash(git push *)"], deny: ["Read(./secrets/**)"]
}
    permission_mode: plan
    sandbox: { writable: [build], memory: 512MiB, processes: 20, cpu: 30s }
    limits: { max_turns: 7, max_tokens: 1000, max_cost_usd: 0.5, timeout: 15m, parallel_tools: 2, parallel_subagents: 1, subagent_depth: 0 }
    thinking: { effort: high }
    context_files: [NOTES.md]
    cwd: src
)yaml");
  const auto config = world.load();
  CHECK(config.warnings.empty());
  chat::AgentDefinition expected;
  expected.id = "helper";
  expected.name = "Helper";
  expected.description = "Helps";
  expected.models = {"opus", "ollama/qwen3", "scripted/" + world.dir.path() + "/project/replies.yaml"};
  expected.system_prompt = "Work on {{branch}}";
  expected.replace_system_prompt = true;
  expected.prompt = "Go";
  expected.variables = {{"branch", {"main", "the branch", true}}};
  expected.tools = {"Read", "Bash", "mcp__github__*"};
  expected.disallowed_tools = {"Write"};
  expected.subagents = {"reviewer"};
  expected.skills = {"s"};
  expected.rules = {{chat::RuleAction::ask, "Bash", "git push *", "agents.yaml:15:26"},
                    {chat::RuleAction::deny, "Read", "./secrets/**", "agents.yaml:15:54"}};
  expected.permission_mode = chat::PermissionMode::plan;
  expected.permission_mode_set = true;
  expected.sandbox.writable = {"build"};
  expected.sandbox.memory_bytes = std::uint64_t{512} << 20U;
  expected.sandbox.processes = 20;
  expected.sandbox.cpu = std::chrono::seconds(30);
  expected.limits = {.max_turns = 7,
                     .max_tokens = 1000,
                     .max_cost_usd = 0.5,
                     .timeout = std::chrono::minutes(15),
                     .parallel_tools = 2,
                     .parallel_subagents = 1,
                     .subagent_depth = 0};
  expected.thinking.effort = "high";
  expected.context_files = {"NOTES.md"};
  expected.cwd = "src";
  expected.origin = "agents.yaml";
  expected.hash = agent_of(config, "helper").definition.hash;
  CHECK(agent_of(config, "helper").definition == expected);
}

TEST_CASE("agents: an agent's own value replaces the default whole", "[config][agents]") {
  const auto config = loaded(
      "_defaults: { model: opus, limits: { max_turns: 5, timeout: 1m }, tools: [Read] }\n"
      "own: { limits: { timeout: 2m }, tools: [Grep] }\n"
      "shared: {}\n");
  const auto& own = agent_of(config, "own").definition;
  const auto& shared = agent_of(config, "shared").definition;
  CHECK(own.models == std::vector<std::string>{"opus"});
  CHECK(own.limits == chat::Limits{.timeout = std::chrono::minutes(2)});
  CHECK(own.tools == std::vector<std::string>{"Grep"});
  CHECK(shared.limits == chat::Limits{.max_turns = 5, .timeout = std::chrono::minutes(1)});
  CHECK(shared.tools == std::vector<std::string>{"Read"});

  using Source = GivenValue::Source;
  const auto origins = origins_of(agent_of(config, "own"));
  const auto origin = [&](std::string_view key) { return *std::ranges::find(origins, key, &GivenValue::key); };
  CHECK(origin("model") == GivenValue{"model", "opus", Source::defaults, {"agents.yaml", 1, 21}});
  CHECK(origin("limits.timeout") == GivenValue{"limits.timeout", "2m", Source::own, {"agents.yaml", 2, 27}});
  CHECK(origin("limits.max_turns") == GivenValue{"limits.max_turns", "50", Source::built_in, {}});
  CHECK(origin("name") == GivenValue{"name", "own", Source::built_in, {}});
}

TEST_CASE("agents: no tools, no subagents and no skills differ from all of them", "[config][agents]") {
  const auto config = loaded("none: { tools: [], subagents: [], skills: [] }\nall: { skills: all }\n");
  const auto& none = agent_of(config, "none").definition;
  const auto& all = agent_of(config, "all").definition;
  CHECK(none.tools == std::vector<std::string>{});
  CHECK(none.subagents == std::vector<std::string>{});
  CHECK(none.skills == std::vector<std::string>{});
  CHECK_FALSE(all.tools.has_value());
  CHECK_FALSE(all.subagents.has_value());
  CHECK_FALSE(all.skills.has_value());
}

TEST_CASE("agents: older spellings are read as the new ones, and said", "[config][agents]") {
  World world;
  world.write("home/.config/errand/agents.yaml",
              "a: { permission_mode: acceptEdits, allowed_directories: [/tmp], setting_sources: [project] }\n"
              "b: { with_permissions: false }\n"
              "c: { permission_mode: dontAsk, include_partial_messages: true }\n");
  world.write("home/.config/errand/subagents.yaml", "r: { description: x, prompt: Review }\n");
  const auto config = world.load();
  CHECK(agent_of(config, "a").definition.permission_mode == chat::PermissionMode::automatic);
  CHECK(agent_of(config, "a").definition.sandbox.writable == std::vector<std::string>{".", "/tmp"});
  CHECK(agent_of(config, "b").definition.permission_mode == chat::PermissionMode::bypass);
  CHECK(agent_of(config, "c").definition.permission_mode == chat::PermissionMode::deny);
  CHECK(config.subagents.front().definition.system_prompt == "Review");
  std::string told;
  for (const auto& warning : config.warnings) told += warning.code + ": " + warning.message + "\n";
  const auto agents = world.dir / "home/.config/errand/agents.yaml";
  CHECK(told ==
        "older_key: permission_mode: acceptEdits is the older name of auto\n"
        "older_key: allowed_directories is the older name of sandbox.writable\n"
        "older_key: with_permissions: false is the older way to write permission_mode: bypass\n"
        "older_key: permission_mode: dontAsk is the older name of deny\n"
        "older_key: in subagents.yaml, prompt is the older name of system_prompt\n"
        "older_key: older keys without effect: include_partial_messages (" +
            agents + ":3:58), setting_sources (" + agents + ":1:82)\n");
}

TEST_CASE("agents: tools of other programs are left out with a warning", "[config][agents]") {
  const auto config = loaded("a: { tools: [Read, WebSearch, NotebookEdit] }\n");
  CHECK(agent_of(config, "a").definition.tools == std::vector<std::string>{"Read"});
  CHECK(codes(config) == std::vector<std::string>{"foreign_tool", "foreign_tool"});
}

TEST_CASE("agents: keys that have no effect yet are checked, and said once", "[config][agents]") {
  World world;
  world.write("home/.config/errand/agents.yaml",
              "a:\n"
              "  plugins: [ { path: ./p }, playwright@official ]\n"
              "  limits: { day_usd: 3 }\n");
  const auto config = world.load();
  CHECK(agent_of(config, "a").spending == SpendingLimits{.day_usd = 3});
  REQUIRE(config.warnings.size() == 1);
  const auto file = world.dir / "home/.config/errand/agents.yaml";
  CHECK(config.warnings[0].message == "checked, but without effect in this version: plugins (" + file + ":2:12)");
}

TEST_CASE("agents: MCP servers are programs or addresses, kept as they are written", "[config][agents]") {
  World world;
  world.write("home/.config/errand/agents.yaml",
              "a:\n"
              "  mcp_servers:\n"
              "    files: { command: serve, args: [\"${DIR}\", -v], env: { A: b }, cwd: sub, timeout: 5s }\n"
              "    wiki: { type: http, url: \"${WIKI}/mcp\", headers: { Authorization: \"Bearer ${T}\" } }\n");
  const auto config = world.load();
  CHECK(config.warnings.empty());
  CHECK(agent_of(config, "a").definition.mcp_servers ==
        std::vector<chat::McpServer>{
            {.name = "files",
             .command = "serve",
             .args = {"${DIR}", "-v"},
             .env = {{"A", "b"}},
             .cwd = "sub",
             .timeout = std::chrono::seconds(5)},
            {.name = "wiki", .command = {}, .url = "${WIKI}/mcp", .headers = {{"Authorization", "Bearer ${T}"}}}});
}

TEST_CASE("agents: the hash changes with the definition and with nothing else", "[config][agents]") {
  const auto hash_of = [](std::string_view text) { return agent_of(loaded(text), "a").definition.hash; };
  const auto hash = hash_of("a: { description: x, model: opus }\n");
  CHECK(hash.size() == 16);
  CHECK(hash_of("# moved\n\nagents:\n  a:\n    model: opus\n    description: x\n") == hash);
  CHECK(hash_of("a: { description: y, model: opus }\n") != hash);
  CHECK(hash_of("a: { description: x, model: opus, limits: { max_turns: 9 } }\n") != hash);
}

TEST_CASE("agents: how replies are written, and what the answer must be", "[config][agents]") {
  World world;
  world.write("project/schemas/report.json",
              "{ \"type\": \"object\",\n  \"properties\": { \"n\": { \"type\": \"integer\" } } }\n");
  world.write("project/agents.yaml", R"yaml(
_defaults: { temperature: 1, max_output: 1000, stop: [DONE] }
agents:
  a:
    temperature: 0
    top_p: 0.95
    stop: ["\n\n", END]
    tool_choice: Read
    output_schema: schemas/report.json
  b:
    tool_choice: any
    output_schema: { type: object, properties: { n: { type: integer, minimum: 1.5, const: "1" }, on: { enum: [true, null, x] } }, required: [n] }
)yaml");
  world.write("project/subagents.yaml", "subagents: { s: { description: d, temperature: 0.5, tool_choice: none } }\n");
  const auto config = world.load();
  const auto& a = agent_of(config, "a").definition;
  const auto& b = agent_of(config, "b").definition;
  CHECK(a.generation == chat::GenerationSettings{0, 0.95, 1000, {"\n\n", "END"}, "Read"});
  CHECK(b.generation == chat::GenerationSettings{1, std::nullopt, 1000, {"DONE"}, "any"});
  CHECK(config.subagents.front().definition.generation == chat::GenerationSettings{0.5, std::nullopt, 0, {}, "none"});
  CHECK(a.output_schema == R"({"type":"object","properties":{"n":{"type":"integer"}}})");
  CHECK(
      b.output_schema ==
      R"({"type":"object","properties":{"n":{"type":"integer","minimum":1.5,"const":"1"},"on":{"enum":[true,null,"x"]}},)"
      R"("required":["n"]})");
  CHECK(config.warnings.empty());

  const auto before = a.hash;
  world.write("project/schemas/report.json", "{}");
  CHECK(agent_of(world.load(), "a").definition.hash != before);
}
