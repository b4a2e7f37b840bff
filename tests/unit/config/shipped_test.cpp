#include <catch2/catch.hpp>

#include "config/lookup.hpp"
#include "support.hpp"

using namespace errand;
using namespace errand::config;

namespace {

std::vector<std::string> ids(const std::vector<AgentEntry>& entries) {
  std::vector<std::string> out;
  for (const auto& entry : entries) out.push_back(entry.definition.id);
  return out;
}

void check_defaults(const Configuration& config) {
  CHECK(config.warnings.empty());
  CHECK(ids(config.agents) == std::vector<std::string>{"coder", "reviewer", "researcher", "commit", "nightly"});
  CHECK(ids(config.subagents) == std::vector<std::string>{"reviewer", "explorer", "tester"});
  std::vector<std::string> skills;
  for (const auto& skill : config.skills) skills.push_back(skill.definition.name);
  CHECK(skills == std::vector<std::string>{"code-review", "debugging", "writing-tests"});
  CHECK(config.default_agent == "coder");
}

}  // namespace

TEST_CASE("shipped: the defaults work in place, untrusted, without a warning", "[config][shipped]") {
  World world;
  world.sources.cwd = ERRAND_SOURCE_DIR;
  world.sources.shipped_dir = ERRAND_SOURCE_DIR;
  const auto config = world.load();
  check_defaults(config);
  CHECK(config.project.trust == Trust::not_needed);
  CHECK(config.project.root == ERRAND_SOURCE_DIR);
}

TEST_CASE("shipped: the defaults are found from anywhere", "[config][shipped]") {
  World world;
  world.sources.shipped_dir = ERRAND_SOURCE_DIR;
  const auto config = world.load();
  check_defaults(config);
  CHECK(config.agents.front().layer == Layer::shipped);
}

TEST_CASE("shipped: every skill keeps to the published format", "[config][shipped]") {
  for (const auto* name : {"code-review", "debugging", "writing-tests"}) {
    CAPTURE(name);
    CHECK(check_skill(std::string(ERRAND_SOURCE_DIR) + "/skills/" + name).empty());
  }
}
