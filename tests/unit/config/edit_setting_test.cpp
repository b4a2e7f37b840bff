#include "config/edit_setting.hpp"

#include <thread>

#include <catch2/catch.hpp>

#include "config/settings.hpp"
#include "support.hpp"

using namespace errand;
using namespace errand::config;

namespace {

struct Case {
  std::string before;
  std::string key;
  std::string value;
  std::string after;
};

std::string path_in(const World& world) {
  return settings_path(world.sources, SettingsOwner::user).value();
}

std::string config_of(const World& world) {
  return world.read("home/.config/errand/config.yaml");
}

void start_with(const World& world, const std::string& text) {
  if (text != "(no file)") world.write("home/.config/errand/config.yaml", text);
}

}  // namespace

TEST_CASE("config set: the value changes or is added, and nothing else does", "[config][edit]") {
  const auto c = GENERATE(values<Case>({
      {"(no file)", "retry.attempts", "5", "retry:\n  attempts: 5\n"},
      {"# mine\n", "data_dir", "/d", "# mine\ndata_dir: /d\n"},
      {"retry:\n  attempts: 3  # few\n  idle: 5s\n", "retry.attempts", "5",
       "retry:\n  attempts: 5  # few\n  idle: 5s\n"},
      {"retry:\n  idle: \"5s\" # a \"b\"\n", "retry.idle", "1m30s", "retry:\n  idle: 1m30s # a \"b\"\n"},
      {"retry:\n    idle: '5s'\n\n# about money\nbudgets:\n    day_usd: 1\n", "retry.attempts", "5",
       "retry:\n    idle: '5s'\n    attempts: 5\n\n# about money\nbudgets:\n    day_usd: 1\n"},
      {"retry:\n  idle: 5s\n  # behind\nbudgets: { day_usd: 1 }\n", "retry.attempts", "5",
       "retry:\n  idle: 5s\n  attempts: 5\n  # behind\nbudgets: { day_usd: 1 }\n"},
      {"retry: { idle: 5s, attempts: 3 } # x\n", "retry.attempts", "5", "retry: { idle: 5s, attempts: 5 } # x\n"},
      {"retry: {idle: 5s}\n", "retry.attempts", "5", "retry: {idle: 5s, attempts: 5 }\n"},
      {"retry: {}\n", "retry.attempts", "5", "retry: { attempts: 5 }\n"},
      {"{ data_dir: /d }\n", "retry.attempts", "5", "{ data_dir: /d, retry: { attempts: 5 } }\n"},
      {"retry:\r\n  idle: 5s\r\n", "retry.attempts", "5", "retry:\r\n  idle: 5s\r\n  attempts: 5\r\n"},
      {"retry:\n  idle: 5s", "retry.attempts", "5", "retry:\n  idle: 5s\n  attempts: 5\n"},
      {"data_dir: >-\n  /a\n  /b\n\nretry: { idle: 5s }\n", "data_dir", "/c", "data_dir: /c\n\nretry: { idle: 5s }\n"},
      {"permissions:\n  allow:\n    - Read\n    - Grep\n  # never\n  deny: [Bash]\n", "permissions.allow",
       "[\"Bash(make *)\"]", "permissions:\n  allow: [\"Bash(make *)\"]\n  # never\n  deny: [Bash]\n"},
      {"data_dir: /d\n", "data_dir", "/a: b # c, {d}", "data_dir: \"/a: b # c, {d}\"\n"},
      {"data_dir: /d\n", "data_dir", "null", "data_dir: \"null\"\n"},
      {"models:\n  gpt-4.1: { provider: openai, id: x }\n", "models.gpt-4.1.context", "1000",
       "models:\n  gpt-4.1: { provider: openai, id: x, context: 1000 }\n"},
      {"data_dir: /d\n", "models.a b", "{ provider: openai, id: x }", ""},
      {"data_dir: /d\n", "models.mine", "{ provider: openai, id: x }",
       "data_dir: /d\nmodels:\n  mine: { provider: openai, id: x }\n"},
      {"models:\n  a.b: { provider: openai, id: x }\n", "models.a.b.price", "{ input: 1, output: 2 }",
       "models:\n  a.b: { provider: openai, id: x, price: { input: 1, output: 2 } }\n"},
      // comments
      {"retry:\n  idle: 5s\t# short\n", "retry.idle", "6s", "retry:\n  idle: 6s\t# short\n"},
      {"permissions:\n  allow: [Read]\t# [mine]\n", "permissions.allow", "[Grep]",
       "permissions:\n  allow: [Grep]\t# [mine]\n"},
      {"permissions:\n  allow: [it's] # don't\n  deny: [Bash]\n", "permissions.allow", "[Grep]",
       "permissions:\n  allow: [Grep] # don't\n  deny: [Bash]\n"},
      {"permissions:\n  allow: # mine, ask Bob\n    - Read\n  deny: [Bash]\n", "permissions.allow", "[Grep]",
       "permissions:\n  allow: [Grep] # mine, ask Bob\n  deny: [Bash]\n"},
      {"data_dir: >- # why\n  /a\nretry: { idle: 5s }\n", "data_dir", "/d",
       "data_dir: /d # why\nretry: { idle: 5s }\n"},
      {"data_dir: &a /d\n", "data_dir", "/e", "data_dir: /e\n"},
      {"data_dir: &a \"/d # x\"\t# keep\n", "data_dir", "/e", "data_dir: /e\t# keep\n"},
      {"retry:\n  idle: # as it comes\n  attempts: 3\n", "retry.idle", "6s",
       "retry:\n  idle: 6s # as it comes\n  attempts: 3\n"},
      {"retry:\n  # attempts: 5\n# the rest\ndata_dir: /d\n", "retry.attempts", "5",
       "retry:\n  # attempts: 5\n  attempts: 5\n# the rest\ndata_dir: /d\n"},
      {"retry:\n  idle: 5s\n  attempts:", "retry.attempts", "5", "retry:\n  idle: 5s\n  attempts: 5\n"},
      // bytes
      {"data_dir: /d\r\nretry:\n  idle: 5s\n", "retry.attempts", "5",
       "data_dir: /d\r\nretry:\n  idle: 5s\n  attempts: 5\n"},
      {"data_dir: /d\nretry:\r\n  idle: 5s", "retry.attempts", "5",
       "data_dir: /d\nretry:\r\n  idle: 5s\r\n  attempts: 5\r\n"},
      {"data_dir: >-\r\n  /a\r\nretry: { idle: 5s }\n", "data_dir", "/d", "data_dir: /d\r\nretry: { idle: 5s }\n"},
      {"{ data_dir: \"/\u00e4\", retry: { attempts: 3 } }\n", "retry.attempts", "5",
       "{ data_dir: \"/\u00e4\", retry: { attempts: 5 } }\n"},
      {"\xEF\xBB\xBF{ data_dir: /a, retry: { attempts: 3 } }\n", "retry.attempts", "5",
       "\xEF\xBB\xBF{ data_dir: /a, retry: { attempts: 5 } }\n"},
      {"\xEF\xBB\xBF"
       "data_dir: >-\n  /a\n",
       "data_dir", "/d",
       "\xEF\xBB\xBF"
       "data_dir: /d\n"},
      {"\xEF\xBB\xBF# mine\n", "data_dir", "/d", "\xEF\xBB\xBF# mine\ndata_dir: /d\n"},
      {"providers:\n  openai: { like: openai }\n", "providers.openai.headers", "{ authorization: \"Bearer ${TEAM}\" }",
       "providers:\n  openai: { like: openai, headers: { authorization: \"Bearer ${TEAM}\" } }\n"},
  }));
  CAPTURE(c.before, c.key, c.value);
  World world;
  start_with(world, c.before);
  const auto where = set_setting(world.sources, path_in(world), c.key, c.value);
  if (c.after.empty()) {
    CHECK_FALSE(where);
    CHECK(config_of(world) == c.before);
    return;
  }
  REQUIRE(where.has_value());
  CHECK(config_of(world) == c.after);
  CHECK(world.mistakes().empty());
  REQUIRE(set_setting(world.sources, path_in(world), c.key, c.value).has_value());
  CHECK(config_of(world) == c.after);
}

TEST_CASE("config set: its place is where the value stands, and the value counts", "[config][edit]") {
  World world;
  start_with(world, "retry:\n  idle: 5s\n");
  const auto where = set_setting(world.sources, path_in(world), "retry.attempts", "5");
  REQUIRE(where.has_value());
  CHECK(where->line == 3);
  CHECK(where->column == 13);
  for (const auto& setting : shown_settings(world.load())) {
    if (setting.key == "retry.attempts") CHECK(setting.winner == SettingValue{"5", to_string(*where)});
  }
}

TEST_CASE("config unset: the value goes, and maps that would be empty", "[config][edit]") {
  const auto c = GENERATE(values<Case>({
      {"retry:\n  attempts: 3\n  idle: 5s # x\n", "retry.attempts", "", "retry:\n  idle: 5s # x\n"},
      {"# a\nretry:\n  attempts: 3\n\n# b\ndata_dir: /d\n", "retry.attempts", "", "# a\n\n# b\ndata_dir: /d\n"},
      {"retry: { attempts: 3, idle: 5s }\n", "retry.attempts", "", "retry: { idle: 5s }\n"},
      {"retry: { attempts: 3, idle: 5s }\n", "retry.idle", "", "retry: { attempts: 3 }\n"},
      {"retry: { attempts: 3 }\n", "retry.attempts", "", ""},
      {"data_dir: /d\npermissions:\n  allow:\n    - Read\n  deny:\n    - Bash\n", "permissions.allow", "",
       "data_dir: /d\npermissions:\n  deny:\n    - Bash\n"},
      {"models:\n  a: { provider: openai, id: x }\n  b: { provider: openai, id: y }\n", "models.a", "",
       "models:\n  b: { provider: openai, id: y }\n"},
      {"models:\n  a: { provider: openai, id: x, price: { input: 1, output: 2 } }\n", "models.a.price", "",
       "models:\n  a: { provider: openai, id: x }\n"},
      {"{ data_dir: /d }\n", "data_dir", "", "{}\n"},
      {"{ retry: { attempts: 3, }, }\n", "retry.attempts", "", "{}\n"},
      {"{ data_dir: \"/\u00e4\", retry: { attempts: 3, idle: 5s } } # x, y\n", "retry.idle", "",
       "{ data_dir: \"/\u00e4\", retry: { attempts: 3 } } # x, y\n"},
      {"\xEF\xBB\xBF"
       "data_dir: /d\nretry: { idle: 5s }\n",
       "data_dir", "", "\xEF\xBB\xBFretry: { idle: 5s }\n"},
  }));
  CAPTURE(c.before, c.key);
  World world;
  start_with(world, c.before);
  REQUIRE(unset_setting(world.sources, path_in(world), c.key).has_value());
  CHECK(config_of(world) == c.after);
  CHECK(world.mistakes().empty());
}

TEST_CASE("config unset: a comment that would be cut stays, with its file", "[config][edit]") {
  const auto [before, key] = GENERATE(table<std::string, std::string>({
      {"retry: {\n  idle: 5s, # the longest silence, really\n  attempts: 3\n}\n", "retry.attempts"},
      {"retry: {\n  idle: 5s, # the longest silence, really\n  attempts: 3\n}\n", "retry.idle"},
      {"{ # mine\n  data_dir: /d }\n", "data_dir"},
  }));
  CAPTURE(before, key);
  World world;
  start_with(world, before);
  const auto where = unset_setting(world.sources, path_in(world), key);
  REQUIRE_FALSE(where);
  CHECK(where.error().message.find("without rewriting the file") != std::string::npos);
  CHECK(config_of(world) == before);
}

TEST_CASE("config set: what is wrong is told, and the file stays", "[config][edit]") {
  struct Refused {
    std::string before;
    std::string key;
    std::string value;
    std::string says;
  };
  const auto c = GENERATE(values<Refused>({
      {"data_dir: /d\n", "retry.atempts", "5", "did you mean \"retry.attempts\"?"},
      {"data_dir: /d\n", "models.mine.contxt", "5", "did you mean \"models.*.context\"?"},
      {"data_dir: /d\n", "", "5", "there is no setting \"\""},
      {"data_dir: /d\n", "retry.attempts", "many", "retry.attempts must be a whole number from 1 to 100, not \"many\""},
      {"data_dir: /d\n", "retry.attempts", "101", "retry.attempts must be"},
      {"data_dir: /d\n", "retry", "5", "there is no setting \"retry\""},
      {"data_dir: /d\n", "data_dir", "", "data_dir is empty"},
      {"data_dir: /d\n", "permissions.allow", "[Grpe]", "Grpe"},
      {"data_dir: /d\n", "permissions.allow", "[Read", "no YAML on one line"},
      {"data_dir: /d\n", "models.mine", "{ provider: opnai, id: x }", "unknown provider \"opnai\""},
      {"data_dir: /d\n", "models.mine.context", "5", "models.mine has no provider"},
      {"data_dir: /d\n", "providers.house.type", "gemini", "the provider \"house\" has no base_url"},
      {"data_dir: /d\n", "providers.openai.api_key", "sk-secret", "there is no setting"},
      {"data_dir: /d\n", "providers.openai.headers", "{ x-team: sekret }", "headers may be secrets"},
      {"data_dir: /d\n", "providers.openai", "{ headers: { x-team: sekret } }", "headers may be secrets"},
      {"data_dir: /d\n", "providers", "{ openai: { headers: { x-team: sekret } } }", "headers may be secrets"},
      {"data_dir: /d\n", "providers", "{ a: { headers: { b: \"${X}\" } }, openai: { headers: { x-team: sekret } } }",
       "headers may be secrets"},
      {"data_dir: /d\n", "providers.openai.headers", "{ a: \"Bearer sekret${X}\" }", "headers may be secrets"},
      {"data_dir: /d\n", "providers.openai.headers", "{ a: \"sekret ${X}\" }", "headers may be secrets"},
      {"data_dir: /d\n", "providers.openai.headers", "{ a: \"${X}sekret}\" }", "headers may be secrets"},
      {"data_dir: /d\n", "providers.openai.headers", "{ a: [sekret] }", "headers may be secrets"},
      {"retry: { attempts: many }\n", "retry.attempts", "many", "retry.attempts must be a whole number"},
      {"permissions:\n  allow: # mine, ask Bob\n    - Read\n    # - Bash(make *)\n  deny: [Bash]\n",
       "permissions.allow", "[Grep]", "without rewriting the file"},
      {"permissions:\n  allow:\n    - Read # it is harmless\n", "permissions.allow", "[Grep]",
       "without rewriting the file"},
      {"a: [\n", "retry.attempts", "5", "not valid YAML"},
      {"port: 80\n", "retry.attempts", "5", "it may be another program's"},
      {"retry: 5\n", "retry.attempts", "5", "without rewriting the file"},
  }));
  CAPTURE(c.before, c.key, c.value);
  World world;
  start_with(world, c.before);
  const auto where = set_setting(world.sources, path_in(world), c.key, c.value);
  REQUIRE_FALSE(where);
  CHECK(where.error().kind == ErrorKind::config);
  CHECK(describe(where.error()).find(c.says) != std::string::npos);
  CHECK(describe(where.error()).find("sekret") == std::string::npos);
  CHECK(config_of(world) == c.before);
}

TEST_CASE("config set: mends one of several mistakes", "[config][edit]") {
  World world;
  start_with(world, "retry: { attempts: 1000, idle: 1ms }\n");
  REQUIRE(set_setting(world.sources, path_in(world), "retry.attempts", "5").has_value());
  CHECK(config_of(world) == "retry: { attempts: 5, idle: 1ms }\n");
}

TEST_CASE("config unset: what is not set is told", "[config][edit]") {
  World world;
  CHECK_FALSE(unset_setting(world.sources, path_in(world), "retry.attempts"));
  CHECK_FALSE(path_exists(world.dir / "home/.config"));
  start_with(world, "data_dir: /d\n");
  CHECK_FALSE(unset_setting(world.sources, path_in(world), "retry.attempts"));
  CHECK(config_of(world) == "data_dir: /d\n");
}

TEST_CASE("config set: what can't be written is told, and what is there stays", "[config][edit]") {
  World world;
  world.write("home/.config/errand", "a file where the directory would be\n");  // nobody gets past it, root neither
  const auto where = set_setting(world.sources, path_in(world), "data_dir", "/e");
  REQUIRE_FALSE(where);
  CHECK(where.error().kind == ErrorKind::failure);
  CHECK(where.error().message.find(world.dir / "home/.config/errand") != std::string::npos);
  CHECK(world.read("home/.config/errand") == "a file where the directory would be\n");
}

TEST_CASE("config set: settings of several at once are all kept", "[config][edit]") {
  World world;
  const std::vector<std::pair<std::string, std::string>> settings = {
      {"retry.attempts", "5"}, {"retry.idle", "9s"}, {"budgets.day_usd", "1"}, {"terminal.keys", "vi"}};
  {
    std::vector<std::jthread> threads;
    for (const auto& [key, value] : settings) {
      threads.emplace_back([&world, &setting = key, &to = value] {
        [[maybe_unused]] const auto done = set_setting(world.sources, path_in(world), setting, to);
      });
    }
  }
  const auto given = world.load().settings.given;
  REQUIRE(given.size() == 1);
  CHECK(given.front().values.size() == settings.size());
}

TEST_CASE("config set: the project's file, or the one that is named", "[config][edit]") {
  World world;
  world.write("project/agents.yaml", "agents: {}\n");
  CHECK(settings_path(world.sources, SettingsOwner::project) == world.dir / "project/config.yaml");
  world.sources.config_file = "../own.yaml";
  CHECK(settings_path(world.sources, SettingsOwner::user) == world.dir / "own.yaml");
  world.sources.config_file.reset();
  world.sources.user_config_dir.clear();
  CHECK_FALSE(settings_path(world.sources, SettingsOwner::user));
}
