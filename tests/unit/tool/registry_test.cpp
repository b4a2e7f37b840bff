#include "tool/registry.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "chat/tool_names.hpp"

namespace errand::tool {
namespace {

TEST_CASE("registry: the built-in tools stand in the order of every request", "[tool][registry]") {
  Registry registry;
  add_builtin(registry);
  const auto names = chat::builtin_tool_names();
  std::vector<std::string> expected(names.begin(), names.end());
  REQUIRE(std::erase(expected, "Task") == 1);  // the agent room's
  CHECK(registry.names() == expected);
}

TEST_CASE("registry: older and foreign names find the tool", "[tool][registry]") {
  Registry registry;
  add_builtin(registry);
  CHECK(registry.find("bash_exec") == registry.find("Bash"));
  CHECK(registry.find("MultiEdit") == registry.find("Edit"));
  CHECK(registry.find("Grpe") == nullptr);
  CHECK(registry.find("Task") == nullptr);
}

}  // namespace
}  // namespace errand::tool
