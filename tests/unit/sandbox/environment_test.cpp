#include "sandbox/environment.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

#include <catch2/catch.hpp>

using namespace errand::sandbox;

namespace {

std::map<std::string, std::string> as_map(const Environment& environment) {
  std::map<std::string, std::string> out(environment.begin(), environment.end());
  REQUIRE(out.size() == environment.size());  // no name twice
  return out;
}

}  // namespace

TEST_CASE("environment: a confined command gets a fixed set and nothing of ours", "[sandbox][environment]") {
  REQUIRE(::setenv("SOME_API_KEY", "secret", 1) == 0);
  const auto environment = as_map(confined_environment({}, "/home/u"));
  ::unsetenv("SOME_API_KEY");
  CHECK(environment ==
        std::map<std::string, std::string>{{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                                           {"HOME", "/home/u"},
                                           {"USER", "user"},
                                           {"LOGNAME", "user"},
                                           {"SHELL", "/bin/bash"},
                                           {"LANG", "C.UTF-8"},
                                           {"TERM", "dumb"},
                                           {"TMPDIR", "/tmp"},
                                           {"PAGER", "cat"},
                                           {"GIT_PAGER", "cat"},
                                           {"NO_COLOR", "1"},
                                           {"GIT_TERMINAL_PROMPT", "0"}});
}

TEST_CASE("environment: what the policy passes wins, and names that can't be are left out", "[sandbox][environment]") {
  SandboxPolicy policy;
  policy.env = {{"LANG", "de_DE.UTF-8"}, {"MINE", "a=b\nc"}, {"", "x"}, {"A=B", "x"}, {"MINE", "later"}};
  const auto environment = as_map(confined_environment(policy, "/home/u"));
  CHECK(environment.at("LANG") == "de_DE.UTF-8");
  CHECK(environment.at("MINE") == "later");
  CHECK_FALSE(environment.contains(""));
  CHECK_FALSE(environment.contains("A=B"));
}

TEST_CASE("environment: without a sandbox a command has the user's PATH and still no secrets",
          "[sandbox][environment]") {
  REQUIRE(::setenv("SOME_API_KEY", "secret", 1) == 0);
  const auto environment = as_map(bare_environment({}));
  ::unsetenv("SOME_API_KEY");
  const char* path = std::getenv("PATH");
  REQUIRE(path != nullptr);
  CHECK(environment.at("PATH") == path);
  CHECK_FALSE(environment.contains("SOME_API_KEY"));
}

TEST_CASE("environment: strings as execve takes them", "[sandbox][environment]") {
  CHECK(name_value_strings({{"A", "1"}, {"B", ""}}) == std::vector<std::string>{"A=1", "B="});
}
