#include "config/places.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include "config/trust.hpp"
#include "support.hpp"

using namespace errand;
using namespace errand::config;

namespace {

std::string origin_of_data(const World& world, const std::optional<std::string>& flag = std::nullopt) {
  const auto place = data_directory(world.load(), flag);
  return place ? place->value.substr(world.dir.path().size()) + " by " + place->origin : describe(place.error());
}

}  // namespace

TEST_CASE("places: the data directory is found in order", "[config][places]") {
  World world;
  CHECK(origin_of_data(world) == "/home/.local/share/errand by built-in");
  world.sources.env["XDG_DATA_HOME"] = world.dir / "xdg";
  CHECK(origin_of_data(world) == "/xdg/errand by XDG_DATA_HOME");
  world.make("project/data");
  world.write("project/data/report.csv", "somebody's");
  CHECK(origin_of_data(world) == "/xdg/errand by XDG_DATA_HOME");
  world.write("project/data/ann/errand.db", "");
  CHECK(origin_of_data(world) == "/project/data by the project's data");
  world.write("home/.config/errand/config.yaml", "data_dir: mine\n");
  const auto user_config = world.dir / "home/.config/errand/config.yaml";
  CHECK(origin_of_data(world) == "/home/.config/errand/mine by " + user_config + ":1:11");
  world.write("project/config.yaml", "data_dir: own\n");
  world.write("project/.env", "DATA_DIR=anybodys\n");
  CHECK(origin_of_data(world) == "/home/.config/errand/mine by " + user_config + ":1:11");
  REQUIRE(trust_project(world.load()));
  CHECK(origin_of_data(world) == "/project/anybodys by DATA_DIR in .env:1:1");
  world.sources.env["DATA_DIR"] = "/not/ours";
  CHECK(origin_of_data(world) == "/project/anybodys by DATA_DIR in .env:1:1");
  world.sources.env["ERRAND_DATA_DIR"] = "rel";
  CHECK(origin_of_data(world) == "/project/rel by ERRAND_DATA_DIR");
  CHECK(origin_of_data(world, "../flag") == "/flag by --data-dir");
}

TEST_CASE("places: a marked data directory is the project's own, a link is not followed", "[config][places]") {
  World world;
  world.write("elsewhere/.errand", "");
  REQUIRE(::symlink((world.dir / "elsewhere").c_str(), (world.dir / "project/data").c_str()) == 0);
  CHECK(origin_of_data(world) == "/home/.local/share/errand by built-in");
  REQUIRE(::unlink((world.dir / "project/data").c_str()) == 0);
  world.write("project/data/.errand", "");
  CHECK(origin_of_data(world) == "/project/data by the project's data");
}

TEST_CASE("places: without a home there is no place to keep sessions", "[config][places]") {
  World world;
  world.sources.home.clear();
  world.sources.env["XDG_DATA_HOME"] = "relative";
  CHECK(data_directory(world.load(), std::nullopt).error().kind == ErrorKind::config);
  CHECK(data_directory(world.load(), "").error().kind == ErrorKind::usage);
}

TEST_CASE("places: a user is a name that can be a directory", "[config][places]") {
  struct Case {
    std::string name;
    bool good;
  };
  const auto c = GENERATE(values<Case>({{"ann", true},
                                        {"Ann.B_c-9", true},
                                        {std::string(64, 'a'), true},
                                        {std::string(65, 'a'), false},
                                        {"", false},
                                        {".", false},
                                        {"..", false},
                                        {".hidden", false},
                                        {"a/b", false},
                                        {"a b", false},
                                        {"ä", false},
                                        {std::string("a\0b", 3), false}}));
  World world;
  const auto by_flag = user_name(world.load(), c.name);
  CHECK(by_flag.has_value() == c.good);
  if (!c.good) CHECK(by_flag.error().kind == ErrorKind::usage);
  world.sources.env["ERRAND_USER"] = c.name;
  const auto by_variable = user_name(world.load(), std::nullopt);
  if (c.good) CHECK(*by_variable == Place{c.name, "ERRAND_USER"});
  if (!c.good && !c.name.empty()) CHECK(by_variable.error().kind == ErrorKind::config);
  if (c.name.empty()) CHECK(by_variable->origin == "login name");
}
