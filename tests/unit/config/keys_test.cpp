#include "config/keys.hpp"

#include <future>

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "base/text.hpp"
#include "config/trust.hpp"
#include "support.hpp"

using namespace errand;
using namespace errand::config;

namespace {

// A user's config.yaml with one provider, "corp".
void write_provider(const World& world, const std::string& keys) {
  world.write("home/.config/errand/config.yaml", "providers:\n  corp:\n    base_url: \"http://corp\"\n" + keys);
}

std::string key_or_error(const Configuration& config) {
  const auto key = Keys(config).find(config.settings.providers.at("corp"));
  return key ? *key : describe(key.error());
}

}  // namespace

TEST_CASE("keys: the environment, then .env files, then the key file, then the command", "[config][keys]") {
  World world;
  const auto first = GENERATE(range(0, 5));  // sources before it are not there
  CAPTURE(first);
  write_provider(world, "    api_key_env: CORP_KEY\n" +
                            std::string(first <= 3 ? "    api_key_command: echo of-command\n" : "") +
                            (first <= 3 ? "    api_key_file: corp.key\n" : ""));
  if (first == 0) world.sources.env["CORP_KEY"] = "of-environment";
  if (first <= 1) world.write("project/.env", "CORP_KEY=of-env-file\n");
  if (first <= 2) world.write("home/.config/errand/corp.key", "  of-file\r\nsecond line\n");
  REQUIRE(trust_project(world.load()));
  const auto config = world.load();
  const std::vector<std::string> keys = {"of-environment", "of-env-file", "of-file", "of-command", ""};
  using Kind = KeySource::Kind;
  const std::vector<KeySource> sources = {
      {Kind::variable, "CORP_KEY"},
      {Kind::variable, "CORP_KEY in .env:1:1"},
      {Kind::file, "api_key_file " + (world.dir / "home/.config/errand/corp.key")},
      {Kind::command, "api_key_command"},
      {Kind::none, ""},
  };
  const auto i = static_cast<std::size_t>(first);
  CHECK(key_or_error(config) == keys[i]);
  CHECK(key_source(config, config.settings.providers.at("corp")) == sources[i]);
}

TEST_CASE("keys: a command that gives no key says how it ended, and nothing of what it said", "[config][keys]") {
  struct Case {
    std::string command;
    std::string ending;
  };
  const auto c = GENERATE(values<Case>({
      {"echo secret; echo secret >&2; exit 3", "ended with exit code 3"},
      {"echo secret >&2", "printed no key"},
      {"echo; echo secret", "printed no key"},
      {"/nonexistent/secret-tool", "ended with exit code 127"},
      {"kill -9 $$", "was ended by signal 9"},
      {"yes secret", "printed more than 65536 bytes"},
      {"read line && echo key", "ended with exit code 1"},  // there is no input
  }));
  World world;
  world.sources.env["PATH"] = "/usr/bin:/bin";
  write_provider(world, "    api_key_command: \"" + c.command + "\"\n");
  CHECK(key_or_error(world.load()) ==
        "error: api_key_command of provider \"corp\" " + c.ending +
            "\n  hint: run it by hand in a shell: it must print the key on its first line\n");
  const auto config = world.load();
  CHECK(Keys(config).find(config.settings.providers.at("corp")).error().kind == ErrorKind::auth);
}

TEST_CASE("keys: a command has the user's environment, and runs once for parallel subagents", "[config][keys]") {
  World world;
  world.sources.env = {{"PATH", "/usr/bin:/bin"}, {"WHO", "me"}};
  const auto runs = world.dir / "runs";
  write_provider(world, "    api_key_command: \"echo run >> " + runs + "; echo key-of-$WHO\"\n");
  const auto config = world.load();
  CHECK_FALSE(path_exists(runs));  // loading runs nothing
  Keys keys(config);
  std::vector<std::future<std::string>> found;
  for (int i = 0; i < 8; ++i) {
    found.push_back(std::async(std::launch::async,
                               [&] { return keys.find(config.settings.providers.at("corp")).value_or("failed"); }));
  }
  for (auto& key : found) CHECK(key.get() == "key-of-me");
  CHECK(read_file(runs).value() == "run\n");
}

TEST_CASE("keys: a command ends with the run that waits for it", "[config][keys]") {
  World world;
  world.sources.env = {{"PATH", "/usr/bin:/bin"}};
  write_provider(world, "    api_key_command: sleep 60\n");
  const auto config = world.load();
  const auto& provider = config.settings.providers.at("corp");
  CHECK(Keys(config).find(provider, Call().within(std::chrono::milliseconds(50))).error().kind == ErrorKind::timeout);
  std::stop_source stop;
  stop.request_stop();
  CHECK(Keys(config).find(provider, {stop.get_token(), Call::Clock::time_point::max()}).error().kind ==
        ErrorKind::cancelled);
}

TEST_CASE("keys: a key file that is missing, empty or open to others is told", "[config][keys]") {
  World world;
  write_provider(world, "    api_key_file: corp.key\n");
  const auto path = world.dir / "home/.config/errand/corp.key";
  CHECK(key_or_error(world.load()).starts_with("error: can't read the key of provider \"corp\": "));
  world.write("home/.config/errand/corp.key", "\nkey\n");
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  CHECK(key_or_error(world.load()) == "error: the key file of provider \"corp\" begins with an empty line: " + path +
                                          "\n  hint: the first line of the file is the key\n");
  CHECK(world.load().warnings.empty());
  REQUIRE(::chmod(path.c_str(), 0640) == 0);
  CHECK(world.load().warnings ==
        std::vector<Warning>{
            {"key_file", "other users can read the key file of provider \"corp\": chmod 600 " + path, std::nullopt}});
}

TEST_CASE("keys: a header whose variable is not set makes its provider unusable, and no other", "[config][keys]") {
  World world;
  write_provider(world, "    headers: { x-team: \"${TEAM}\" }\n");
  const auto config = world.load();
  CHECK(key_or_error(config) ==
        "error: headers.x-team of provider \"corp\" needs ${TEAM}, which is not set\n"
        "  hint: set TEAM in the environment or in .env\n");
  CHECK(Keys(config).find(config.settings.providers.at("ollama")).value() == "");
  world.sources.env["TEAM"] = "blue";
  CHECK(key_or_error(world.load()) == "");
}
