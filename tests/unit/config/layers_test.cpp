#include <catch2/catch.hpp>

#include "config/lookup.hpp"
#include "config/places.hpp"
#include "support.hpp"

using namespace errand;
using namespace errand::config;

TEST_CASE("layers: the nearer definition hides the others and shows them", "[config][layers]") {
  World world;
  world.write("project/agents.yaml", "a: { description: project }\n");
  world.write("home/.config/errand/agents.yaml",
              "default_agent: b\na: { description: user }\nb: { description: user }\n");
  world.write("share/agents.yaml", "default_agent: c\na: { description: shipped }\nb: {}\nc: {}\n");
  const auto config = world.load();
  const auto user_file = world.dir / "home/.config/errand/agents.yaml";
  const auto shipped_file = world.dir / "share/agents.yaml";

  std::vector<std::pair<std::string, Layer>> found;
  for (const auto& entry : config.agents) found.emplace_back(entry.definition.id, entry.layer);
  CHECK(found ==
        std::vector<std::pair<std::string, Layer>>{{"a", Layer::project}, {"b", Layer::user}, {"c", Layer::shipped}});
  CHECK(agent_of(config, "a").definition.description == "project");
  CHECK(agent_of(config, "a").shadowed ==
        std::vector<Shadowed>{{Layer::user, {user_file, 2, 1}}, {Layer::shipped, {shipped_file, 2, 1}}});
  CHECK(config.default_agent == "b");
  CHECK((*find_agent(config, ""))->definition.id == "b");
}

TEST_CASE("layers: _defaults hold in their own file alone", "[config][layers]") {
  World world;
  world.write("project/agents.yaml", "_defaults: { model: opus }\na: {}\n");
  world.write("share/agents.yaml", "b: {}\n");
  const auto config = world.load();
  CHECK(agent_of(config, "a").definition.models == std::vector<std::string>{"opus"});
  CHECK(agent_of(config, "b").definition.models == std::vector<std::string>{"sonnet"});
}

TEST_CASE("layers: the project is the nearest agents.yaml upwards, then the nearest repository", "[config][layers]") {
  World world;
  world.make("project/.git");
  world.make("project/lib/.git");
  world.make("project/lib/src");
  world.sources.cwd = world.dir / "project/lib/src";
  CHECK(world.load().project.root == world.dir / "project/lib");
  world.write("project/agents.yaml", "a: {}\n");
  CHECK(world.load().project.root == world.dir / "project");
  CHECK(world.load().agents.front().where.file == world.dir / "project/agents.yaml");

  World bare;
  CHECK(bare.load().project.root == bare.dir / "project");
}

TEST_CASE("layers: home, what is above it and the root are never the workspace", "[config][layers]") {
  World world;
  world.sources.cwd = world.dir / "home";
  CHECK_FALSE(world.load().project.is_workspace);
  CHECK(workspace(world.load(), "/data", "ann") == "/data/ann/workspace");
  world.sources.cwd = world.dir.path();
  CHECK_FALSE(world.load().project.is_workspace);
  world.sources.cwd = "/";
  CHECK_FALSE(world.load().project.is_workspace);
  world.make("home/work");
  world.sources.cwd = world.dir / "home/work";
  CHECK(workspace(world.load(), "/data", "ann") == world.dir / "home/work");
}

TEST_CASE("layers: a project's config.yaml of another program is left alone", "[config][layers]") {
  World world;
  world.write("project/config.yaml", "port: 80\nname: {{ value }}: x\n");
  const auto config = world.load();
  CHECK(config.warnings ==
        std::vector<Warning>{{"foreign_config", "this config.yaml holds no setting of ours and is left alone",
                              Location{"config.yaml", 1, 1}}});
  world.write("project/config.yaml", "port: 80\nretry: {}\n");
  CHECK(world.mistakes().starts_with("error: unknown key \"port\"\n  at config.yaml:1:1\n"));
  world.write("project/config.yaml", "");
  CHECK(world.mistakes().empty());
}

TEST_CASE("layers: the user's own config.yaml is always ours", "[config][layers]") {
  World world;
  world.write("home/.config/errand/config.yaml", "port: 80\n");
  CHECK(world.mistakes().starts_with("error: unknown key \"port\"\n"));
}

TEST_CASE("layers: a file that a flag names comes first and must exist", "[config][layers]") {
  World world;
  world.write("project/config.yaml", "retry: { attempts: 2, restarts: 1 }\n");
  world.write("project/mine.yaml", "retry: { attempts: 5 }\ndata_dir: d\n");
  world.sources.config_file = "mine.yaml";
  const auto config = world.load();
  CHECK(config.settings.retry == chat::RetrySettings{.attempts = 5, .restarts = 1});
  CHECK(config.settings.data_dir == world.dir / "project/d");
  CHECK(config.project.trust == Trust::not_needed);
  world.sources.config_file = "nowhere.yaml";
  CHECK(world.mistakes().find("nowhere.yaml") != std::string::npos);
}

TEST_CASE("layers: subagents of .claude/agents are read, below those of subagents.yaml", "[config][layers]") {
  World world;
  world.write("project/subagents.yaml", "reviewer: { description: ours }\n");
  world.write("project/.claude/agents/reviewer.md", "---\nname: reviewer\ndescription: theirs\n---\nText\n");
  world.write("project/.claude/agents/writer.md",
              "---\nname: writer\ndescription: Writes\ntools: Read, Bash(git:*), WebSearch, mcp__x__y\nmodel: inherit\n"
              "color: blue\n---\n\nYou write {{anything}}.\n");
  world.write("project/.claude/agents/broken.md", "no front matter\n");
  const auto config = world.load();
  REQUIRE(config.subagents.size() == 2);
  CHECK(config.subagents[0].definition.description == "ours");
  CHECK(config.subagents[0].shadowed == std::vector<Shadowed>{{Layer::project, {".claude/agents/reviewer.md", 2, 7}}});
  const auto& writer = config.subagents[1].definition;
  CHECK(writer.id == "writer");
  CHECK(writer.system_prompt == "You write {{anything}}.");
  CHECK(writer.tools == std::vector<std::string>{"Read", "Bash", "mcp__x__y"});
  CHECK(writer.models.empty());
  CHECK(config.warnings ==
        std::vector<Warning>{{"foreign_agent",
                              "the subagent in broken.md is left out: the file does not begin with front matter",
                              Location{".claude/agents/broken.md", 1, 1}}});
}

TEST_CASE("layers: settings alone are read where agents are broken", "[config][layers]") {
  World world;
  world.write("project/agents.yaml", "a: { tools: Read }\n");
  world.write("project/config.yaml", "retry: { attempts: 3 }\n");
  CHECK(world.load(Scope::settings).settings.retry.attempts == 3);
  CHECK_FALSE(load(world.sources, Scope::all).has_value());
}

TEST_CASE("lookup: an unknown name is told with the nearest", "[config][layers]") {
  World world;
  world.write("project/agents.yaml", "agents: { coder: {}, reviewer: {} }\n");
  const auto config = world.load();
  CHECK(describe(find_agent(config, "codr").error()) ==
        "error: unknown agent \"codr\"\n  hint: did you mean \"coder\"? known agents: coder, reviewer\n");
  CHECK(describe(find_subagent(config, "x").error()) ==
        "error: unknown subagent \"x\"\n  hint: there are no subagents\n");
  CHECK(describe(find_skill(config, "x").error()) == "error: unknown skill \"x\"\n  hint: there are no skills\n");
  CHECK(describe(find_agent(config, "").error()) ==
        "error: no agent was named, and there is no default_agent\n  hint: name one with -a: coder, reviewer\n");
  CHECK(describe(find_agent(Configuration{}, "").error()) ==
        "error: there are no agents here, and none came with errand\n"
        "  hint: write one: errand agents new ID --model MODEL; errand doctor says what else a run needs\n");
}

TEST_CASE("layers: files made to waste time end early and are told of in bounds", "[config][layers]") {
  const auto repeated = [](std::size_t n, const auto& piece) {
    std::string out;
    for (std::size_t i = 0; i < n; ++i) out += piece(i);
    return out;
  };
  World world;
  world.write("project/agents.yaml",
              "a:\n" + repeated(3000, [](auto i) { return "  k" + std::to_string(i) + ": 1\n"; }));
  CHECK(world.mistakes().find("a map holds more than 1000 keys\n  at agents.yaml:1002:3") != std::string::npos);

  world.write("project/agents.yaml", "a: { tools: [" + repeated(50'000, [](auto) { return "Nope, "; }) + "] }\n");
  CHECK(load(world.sources).error().size() == 200);

  world.write("project/agents.yaml", "a: { " + std::string(100'000, 'k') + ": 1 }\n");
  CHECK(load(world.sources).error().front().message.size() < 1000);

  world.write("project/agents.yaml", "_defaults: { system_prompt: " + std::string(200'000, 'x') + " }\n" +
                                         repeated(900, [](auto i) { return "a" + std::to_string(i) + ": {}\n"; }));
  CHECK(world.mistakes().starts_with("error: the definitions take more than 33554432 bytes with their _defaults\n"));

  world.write("project/agents.yaml", "a: {}\n");
  world.write("project/.env",
              repeated(10'000, [](auto) { return "OPENAI_API_KEY=x\n"; }) + repeated(9, [](auto) { return "junk\n"; }));
  CHECK(world.load().project.guarded == std::vector<GuardedValue>{{"OPENAI_API_KEY in .env", "", {".env", 10'000, 1}}});
}
