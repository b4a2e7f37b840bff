#include <catch2/catch.hpp>
#include <unistd.h>

#include "support.hpp"

using namespace errand;
using namespace errand::config;

namespace {

std::string skill(std::string_view name, std::string_view description) {
  return "---\nname: " + std::string(name) + "\ndescription: " + std::string(description) + "\n---\nBody\n";
}

}  // namespace

TEST_CASE("skills: they are found in every place, the nearer hiding the others", "[config][skills]") {
  World world;
  world.write("project/skills/one/SKILL.md", skill("one", "project"));
  world.write("project/.claude/skills/one/SKILL.md", skill("one", "claude"));
  world.write("project/.claude/skills/two/SKILL.md", skill("two", "claude"));
  world.write("project/.agents/skills/three/SKILL.md", skill("three", "agents"));
  world.write("home/.config/errand/skills/two/SKILL.md", skill("two", "user"));
  world.write("share/skills/four/SKILL.md", skill("four", "shipped"));
  world.write("project/skills/README.md", "not a skill");
  world.make("project/skills/empty");
  const auto config = world.load();
  CHECK(config.warnings.empty());
  std::vector<chat::SkillDefinition> found;
  for (const auto& entry : config.skills) found.push_back(entry.definition);
  const auto at = [&](std::string_view path) { return world.dir / std::string(path); };
  CHECK(found == std::vector<chat::SkillDefinition>{{"four", "shipped", at("share/skills/four"), "shipped"},
                                                    {"one", "project", at("project/skills/one"), "project"},
                                                    {"three", "agents", at("project/.agents/skills/three"), "project"},
                                                    {"two", "claude", at("project/.claude/skills/two"), "project"}});
  CHECK(config.skills[1].shadowed == std::vector<Shadowed>{{Layer::project, {".claude/skills/one/SKILL.md", 2, 1}}});
  CHECK(config.skills[3].shadowed ==
        std::vector<Shadowed>{{Layer::user, {at("home/.config/errand/skills/two/SKILL.md"), 2, 1}}});
}

TEST_CASE("skills: a project's that leads out of it through a link is left out, the user's own may",
          "[config][skills]") {
  World world;
  const auto link = [&](const std::string& to, const std::string& from) {
    world.make(parent_path(from));
    REQUIRE(::symlink(to.c_str(), (world.dir / from).c_str()) == 0);
  };
  world.write("outside/s/SKILL.md", skill("s", "SECRET"));
  world.write("outside/agent.md", "---\nname: agent\ndescription: SECRET\n---\nSECRET\n");
  world.write("project/kept/inner/SKILL.md", skill("inner", "ours"));
  world.write("project/kept/inner.md", "---\nname: inner\ndescription: ours\n---\nHelp.\n");
  link("../../../outside/s/SKILL.md", "project/skills/file/SKILL.md");
  link("../../outside/s", "project/skills/directory");
  link("../kept/inner", "project/skills/inner");
  link(world.dir / "outside", "project/.claude/skills");
  link("../../../outside/agent.md", "project/.claude/agents/agent.md");
  link("../../kept/inner.md", "project/.claude/agents/inner.md");
  link(world.dir / "outside/s", "home/.config/errand/skills/s");

  const auto config = world.load();
  std::vector<std::string> told;
  for (const auto& warning : config.warnings) told.push_back(warning.message);
  CHECK(told == std::vector<std::string>{
                    "the subagent in agent.md is left out: it leads out of the project through a link",
                    "the skill directory is left out: it leads out of the project through a link",
                    "the skill file is left out: it leads out of the project through a link",
                    "the skill s is left out: it leads out of the project through a link",
                });
  REQUIRE(config.subagents.size() == 1);
  CHECK(config.subagents[0].definition.id == "inner");
  std::vector<std::pair<std::string, Layer>> found;
  for (const auto& entry : config.skills) found.emplace_back(entry.definition.name, entry.layer);
  CHECK(found == std::vector<std::pair<std::string, Layer>>{{"inner", Layer::project}, {"s", Layer::user}});
}

TEST_CASE("skills: a malformed one is a warning and stops nothing", "[config][skills]") {
  World world;
  world.write("project/skills/bad/SKILL.md", "---\nname: bad\ndescription: when: always\n---\n");
  world.write("project/skills/named/SKILL.md", skill("other", "x"));
  const auto config = world.load();
  CHECK(config.warnings ==
        std::vector<Warning>{
            {"skill", "the skill bad is left out: this is not valid YAML: illegal map value",
             Location{"skills/bad/SKILL.md", 3, 18}},
            {"skill", "the skill named is malformed: the skill \"other\" stands in a directory named \"named\"",
             Location{"skills/named/SKILL.md", 2, 7}}});
  REQUIRE(config.skills.size() == 1);
  CHECK(config.skills[0].definition.name == "other");
}

TEST_CASE("skills: a front matter that never ends is not read for ever", "[config][skills]") {
  World world;
  world.write("project/skills/big/SKILL.md", "---\nname: big\n" + std::string(3'000'000, '#'));
  const auto config = world.load();
  REQUIRE(config.warnings.size() == 1);
  CHECK(config.warnings[0].message == "the skill big is left out: the front matter is not closed");
}

TEST_CASE("skills: check holds one against the published format", "[config][skills]") {
  struct Case {
    std::string text;
    std::string_view told;
  };
  const auto c = GENERATE(values<Case>({
      {"---\nname: s\ndescription: d\nlicense: MIT\ncompatibility: any\nmetadata: { a: b }\nallowed-tools: Read\n---\n",
       ""},
      {"\xEF\xBB\xBF---\r\nname: s\r\ndescription: d\r\n---\r\n", ""},
      {"name: s\n",
       "error: the file does not begin with front matter\n  at s/SKILL.md:1:1\n"
       "  hint: write a line \"---\", then name and description, then \"---\"\n"},
      {"",
       "error: the file does not begin with front matter\n  at s/SKILL.md:1:1\n"
       "  hint: write a line \"---\", then name and description, then \"---\"\n"},
      {"---\nname: s\n",
       "error: the front matter is not closed\n  at s/SKILL.md:1:1\n  hint: end it with a line \"---\"\n"},
      {"---\n- a\n---\n",
       "error: the front matter is no map of keys\n  at s/SKILL.md:2:1\n  hint: write name: and description:\n"},
      {"---\n---\n",
       "error: the front matter is no map of keys\n  at s/SKILL.md:2:1\n  hint: write name: and description:\n"},
      {"---\ndescription: d\n---\n", "error: the skill has no name\n  at s/SKILL.md:1:1\n  hint: write name: s\n"},
      {"---\nname: s\n---\n",
       "error: the skill has no description\n  at s/SKILL.md:1:1\n  hint: say what it does and when to use it\n"},
      {"---\nname: S_x\ndescription: d\n---\n",
       "error: \"S_x\" is no name for a skill\n  at s/SKILL.md:2:7\n"
       "  hint: use a-z, 0-9 and single hyphens between them, at most 64 characters\n"},
      {"---\nname: [s]\ndescription: d\n---\n",
       "error: name must be text, not a list\n  at s/SKILL.md:2:7\nerror: the skill has no name\n  at s/SKILL.md:2:7\n"
       "  hint: write name: s\n"},
      {"---\nname: s\ndescription: " + std::string(1025, 'x') + "\n---\n",
       "error: the description has 1025 characters, more than 1024\n  at s/SKILL.md:3:14\n"},
      {"---\nname: s\nname: t\ndescription: d\n---\n",
       "error: the key \"name\" stands twice\n  at s/SKILL.md:3:1\n  hint: it stands at line 2 too; only one can "
       "count\n"},
  }));
  World world;
  world.write("project/s/SKILL.md", c.text);
  const auto mistakes = check_skill(world.dir / "project/s");
  std::string told;
  for (auto mistake : mistakes) {
    mistake.where->file = "s/SKILL.md";
    told += describe(mistake);
  }
  CHECK(told == c.told);
  CHECK_FALSE(check_skill(world.dir / "nowhere").empty());
}
