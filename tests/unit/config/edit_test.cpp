#include "config/edit.hpp"

#include <thread>

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "support.hpp"

using namespace errand;
using namespace errand::config;

namespace {

const NewAgent helper{.id = "helper", .description = "Helps", .model = "opus", .system_prompt = "Help.\nWell.\n"};

constexpr std::string_view user_config = "home/.config/errand/config.yaml";

struct Case {
  std::string before;
  std::string after;
};

}  // namespace

TEST_CASE("edit: a new agent comes last, and nothing else changes", "[config][edit]") {
  const std::string block =
      "  helper:\n    description: \"Helps\"\n    model: \"opus\"\n    system_prompt: |\n      Help.\n      Well.\n";
  const std::string block4 =
      "    helper:\n      description: \"Helps\"\n      model: \"opus\"\n      system_prompt: |\n        Help.\n       "
      " Well.\n";
  const std::string bare =
      "helper:\n  description: \"Helps\"\n  model: \"opus\"\n  system_prompt: |\n    Help.\n    Well.\n";
  const auto c = GENERATE_COPY(values<Case>({
      {"(no file)", "agents:\n" + block},
      {"agents:\n  a: {}\n", "agents:\n  a: {}\n\n" + block},
      {"agents:\n  a: {}", "agents:\n  a: {}\n\n" + block},
      {"# top\nagents: # all\n    a: # first\n      description: x # why\n    # behind a\n\n# end\n",
       "# top\nagents: # all\n    a: # first\n      description: x # why\n    # behind a\n\n" + block4 + "\n# end\n"},
      {"agents:\n  a:\n    system_prompt: |\n      # not a comment\n\n      text\n\n\n# about the "
       "default\ndefault_agent: a\n",
       "agents:\n  a:\n    system_prompt: |\n      # not a comment\n\n      text\n\n" + block +
           "\n\n# about the default\ndefault_agent: a\n"},
      {"agents:\n  a:\n    prompt: |+\n      x\n\n", "agents:\n  a:\n    prompt: |+\n      x\n\n" + block + "\n"},
      {"a:\n  description: x\n", "a:\n  description: x\n\n" + bare},
      {"agents:\r\n  a: {}\r\n",
       "agents:\r\n  a: {}\r\n\r\n  helper:\r\n    description: \"Helps\"\r\n    model: \"opus\"\r\n    system_prompt: "
       "|\r\n"
       "      Help.\r\n      Well.\r\n"},
  }));
  CAPTURE(c.before);
  World world;
  if (c.before != "(no file)") world.write("project/agents.yaml", c.before);
  const auto where = new_agent(world.load(), helper);
  REQUIRE(where.has_value());
  CHECK(world.read("project/agents.yaml") == c.after);
  const auto config = world.load();
  CHECK(agent_of(config, "helper").definition.system_prompt == "Help.\nWell.\n");
  CHECK(agent_of(config, "helper").where == *where);
}

TEST_CASE("edit: a file that can't be added to as text is left as it is", "[config][edit]") {
  const auto before = GENERATE(as<std::string>{}, "agents: { a: {} }\n", "{ a: {} }\n", "agents: {}\n");
  World world;
  world.write("project/agents.yaml", before);
  const auto where = new_agent(world.load(), helper);
  REQUIRE_FALSE(where.has_value());
  CHECK(where.error().kind == ErrorKind::config);
  CHECK(where.error().message == "can't add an agent to this file without rewriting it");
  CHECK(world.read("project/agents.yaml") == before);
}

TEST_CASE("edit: an id that is taken or malformed is refused", "[config][edit]") {
  World world;
  world.write("project/agents.yaml", "agents:\n  helper: {}\n");
  CHECK(describe(new_agent(world.load(), helper).error()) ==
        "error: there is an agent \"helper\" already\n  at agents.yaml:2:11\n  hint: choose another id, or edit that "
        "one\n");
  CHECK(new_agent(world.load(), {.id = "No Id", .description = {}, .model = {}, .system_prompt = {}}).error().message ==
        "\"No Id\" is no id for an agent");
}

TEST_CASE("edit: whatever is said of an agent comes back as it was said", "[config][edit]") {
  const auto text =
      GENERATE(as<std::string>{}, "plain", "two\nlines", "two\nlines\n", " leading", "# hash", "a: b", "tab\there",
               "\n\nblank first", "quote \" back \\ slash", "- dash\n- dash", "bell \a", "ünïcode ☃", "---", "x\n\ny");
  CAPTURE(text);
  World world;
  const auto where =
      new_agent(world.load(), {.id = "a", .description = text, .model = "ollama/x:1", .system_prompt = text});
  REQUIRE(where.has_value());
  const auto config = world.load();
  const auto& definition = agent_of(config, "a").definition;
  CHECK(definition.id == "a");
  CHECK(definition.system_prompt == text);
}

TEST_CASE("edit: always allow adds the rule for the user, and nothing else changes", "[config][edit]") {
  const std::string item = "\"Bash(make test)\"";
  const auto c = GENERATE_COPY(values<Case>({
      {"(no file)", "permissions:\n  allow:\n    - " + item + "\n"},
      {"# mine\n", "# mine\n\npermissions:\n  allow:\n    - " + item + "\n"},
      {"data_dir: /d # here\n", "data_dir: /d # here\n\npermissions:\n  allow:\n    - " + item + "\n"},
      {"permissions:\n  deny: [Write] # never\n",
       "permissions:\n  allow:\n    - " + item + "\n  deny: [Write] # never\n"},
      {"permissions: { deny: [Write] }\n", "permissions: {allow: [" + item + "],  deny: [Write] }\n"},
      {"permissions: {}\n", "permissions: {allow: [" + item + "]}\n"},
      {"permissions: { allow: [] }\n", "permissions: { allow: [" + item + "] }\n"},
      {"permissions: { allow: [ Read ] } # é\n", "permissions: { allow: [" + item + ",  Read ] } # é\n"},
      {"permissions:\n  allow:\n  - Read # free\n  # last\ndata_dir: /d\n",
       "permissions:\n  allow:\n  - Read # free\n  - " + item + "\n  # last\ndata_dir: /d\n"},
      {"permissions:\n    allow:\n        - Read\n        - Grep",
       "permissions:\n    allow:\n        - Read\n        - Grep\n        - " + item + "\n"},
      {"permissions: { allow: [\"Bash(make test)\"] }\n", "permissions: { allow: [\"Bash(make test)\"] }\n"},
  }));
  CAPTURE(c.before);
  World world;
  if (c.before != "(no file)") world.write(std::string(user_config), c.before);
  const auto where = save_allow_rule(world.sources, "Bash(make test)");
  REQUIRE(where.has_value());
  CHECK(world.read(std::string(user_config)) == c.after);
  const auto config = world.load();
  const chat::Rule expected{chat::RuleAction::allow, "Bash", "make test", to_string(*where)};
  CHECK(std::ranges::find(config.settings.rules, expected) != config.settings.rules.end());
}

TEST_CASE("edit: a rule with any characters comes back as it was", "[config][edit]") {
  World world;
  const auto rule = GENERATE(as<std::string>{}, "Bash(echo \"a: b\" # c)", "Bash(printf 'a\\n')", "Bash(x\ny)",
                             "Edit(/tmp/[a]*.{b})");
  REQUIRE(save_allow_rule(world.sources, rule));
  const auto config = world.load();
  REQUIRE(config.settings.rules.size() == 1);
  CHECK(config.settings.rules[0].tool + "(" + config.settings.rules[0].spec + ")" == rule);
}

TEST_CASE("edit: a new config.yaml is the user's alone, a link stays a link", "[config][edit]") {
  World world;
  REQUIRE(save_allow_rule(world.sources, "Read"));
  struct stat info {};
  const auto path = world.dir / std::string(user_config);
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777U) == 0600U);

  World linked;
  linked.write("dotfiles/errand.yaml", "data_dir: /d\n");
  linked.make("home/.config/errand");
  const auto link = linked.dir / std::string(user_config);
  REQUIRE(::symlink((linked.dir / "dotfiles/errand.yaml").c_str(), link.c_str()) == 0);
  REQUIRE(save_allow_rule(linked.sources, "Read"));
  REQUIRE(::lstat(link.c_str(), &info) == 0);
  CHECK(S_ISLNK(info.st_mode));
  CHECK(linked.read("dotfiles/errand.yaml") == "data_dir: /d\n\npermissions:\n  allow:\n    - \"Read\"\n");
}

TEST_CASE("edit: what can't be edited as text, or is no rule, is refused and left", "[config][edit]") {
  World world;
  const auto before = GENERATE(as<std::string>{}, "{ data_dir: /d }\n", "permissions: [x]\n",
                               "permissions:\n  allow: Read\n", "a: [\n");
  world.write(std::string(user_config), before);
  CHECK_FALSE(save_allow_rule(world.sources, "Read").has_value());
  CHECK_FALSE(save_allow_rule(world.sources, "Nope(x)").has_value());
  CHECK(world.read(std::string(user_config)) == before);
}

TEST_CASE("edit: rules saved at once are all kept", "[config][edit]") {
  World world;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back(
          [&world, i] { (void)save_allow_rule(world.sources, "Bash(make t" + std::to_string(i) + ")"); });
    }
  }
  CHECK(world.load().settings.rules.size() == 8);
}
