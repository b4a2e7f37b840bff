#include <catch2/catch.hpp>

#include "config/settings.hpp"
#include "support.hpp"

using namespace errand;
using namespace errand::config;

TEST_CASE("check: a file is told apart by its name, then by its keys, and checked alone", "[config][check]") {
  World world;
  world.write("project/agents.yaml", "a: { tools: Read }\n");
  world.write("project/sub/subagents.yaml", "subagents: { helper: { description: x } }\n");
  struct Case {
    std::string path;
    std::string_view text;
    std::string_view first;  ///< of the mistakes; empty: none
  };
  const auto c = GENERATE(values<Case>({
      {"sub/agents.yaml", "a: { subagents: [helper] }\n", ""},
      {"sub/agents.yaml", "a: { subagents: [helpr] }\n", "unknown subagent \"helpr\""},
      {"sub/team.yaml", "agents: { a: { tool: [] } }\n", "unknown key \"tool\" in agent \"a\""},
      {"sub/team.yaml", "a: { tool: [] }\n", "unknown key \"tool\" in agent \"a\""},
      {"sub/helpers.yaml", "subagents: { a: {} }\n", "subagent \"a\" has no description"},
      {"sub/config.yaml", "retry: 3\n", "retry must be a map of keys, not \"3\""},
      {"sub/ours.yaml", "retry: 3\n", "retry must be a map of keys, not \"3\""},
      {"sub/tour.yaml", "turns: 3\n", "turns must be a list, not \"3\""},
      {"sub/tour.yaml", "turns: [ { reply: [ { text: x } ] } ]\n", ""},
      {"sub/s/SKILL.md", "---\nname: t\ndescription: x\n---\n", "the skill \"t\" stands in a directory named \"s\""},
      {"sub/agents/x.md", "---\nname: x\n---\n", "the subagent has no description"},
      {"sub/broken.yaml", "a: [\n", "this is not valid YAML: end of sequence flow not found"},
  }));
  CAPTURE(c.path, c.text);
  world.write("project/" + c.path, c.text);
  const auto report = check_file(world.sources, c.path);
  CHECK((report.mistakes.empty() ? "" : report.mistakes.front().message) == c.first);
  if (!report.mistakes.empty()) CHECK(report.mistakes.front().where->file == c.path);
}

TEST_CASE("check: a file that is not there is a failure", "[config][check]") {
  World world;
  const auto report = check_file(world.sources, "nowhere.yaml");
  REQUIRE(report.mistakes.size() == 1);
  CHECK(report.mistakes[0].kind == ErrorKind::failure);
}

TEST_CASE("check: warnings of the file come with it", "[config][check]") {
  World world;
  world.write("project/agents.yaml", "a: { tools: [WebSearch] }\n");
  const auto report = check_file(world.sources, "agents.yaml");
  CHECK(report.mistakes.empty());
  REQUIRE(report.warnings.size() == 1);
  CHECK(report.warnings[0].code == "foreign_tool");
}

TEST_CASE("check: every documented key of a definition is one that is read", "[config][check]") {
  const auto keys = agent_keys();
  World world;
  std::string text = "a:\n";
  for (const auto& key : keys) {
    // The value is wrong for each but a word: what matters is that no key is unknown.
    if (key.name.find('.') == std::string::npos) text += "  " + key.name + ": [[]]\n";
  }
  world.write("project/agents.yaml", text);
  CHECK(world.mistakes().find("unknown key") == std::string::npos);
  CHECK(keys.size() > 35);
  for (const auto& key : keys) CHECK_FALSE(key.description.empty());
}
