#include "config/variables.hpp"

#include <catch2/catch.hpp>

using namespace errand;
using namespace errand::config;

TEST_CASE("variables: names in braces are replaced once, all else is text", "[config][variables]") {
  const std::map<std::string, std::string> values = {{"a", "{{b}}"}, {"b", "B"}, {"long-name_2", "L"}};
  struct Case {
    std::string_view text;
    std::vector<std::string> names;
    std::string_view expanded;
  };
  const auto c = GENERATE(Catch::Generators::values<Case>({
      {"", {}, ""},
      {"{{a}} {{ b }} {{b}}", {"a", "b"}, "{{b}} B B"},
      {"{{long-name_2}}", {"long-name_2"}, "L"},
      {"{{other}}", {"other"}, "{{other}}"},
      {"{{}} {{1x}} {{ a b }} {a} {{a", {}, "{{}} {{1x}} {{ a b }} {a} {{a"},
      {"{{{a}}}", {}, "{{{a}}}"},
      {"{{x {{b}} }}", {"b"}, "{{x B }}"},
  }));
  CAPTURE(c.text);
  CHECK(variables_in(c.text) == c.names);
  CHECK(expand(c.text, values) == c.expanded);
}

TEST_CASE("variables: each has the value given, else its default", "[config][variables]") {
  chat::AgentDefinition agent;
  agent.id = "a";
  agent.variables = {{"branch", {"main", "", true}}, {"ticket", {}}};
  CHECK(*fill_variables(agent, {{"ticket", "T1"}}) ==
        std::map<std::string, std::string>{{"branch", "main"}, {"ticket", "T1"}});
  CHECK(describe(fill_variables(agent, {}).error()) ==
        "error: the variable \"ticket\" of agent \"a\" has no value\n  hint: give it one: --var ticket=…\n");
  CHECK(describe(fill_variables(agent, {{"brnch", "x"}}).error()) ==
        "error: agent \"a\" has no variable \"brnch\"\n  hint: did you mean \"branch\"? known variables: branch, "
        "ticket\n");
}
