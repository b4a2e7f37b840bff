#include "config/env_file.hpp"

#include <catch2/catch.hpp>

using namespace errand;
using namespace errand::config;

TEST_CASE("env file: what each line assigns", "[config][env]") {
  struct Case {
    std::string_view text;
    std::vector<std::pair<std::string, std::string>> variables;
    std::vector<int> malformed;
  };
  const auto c = GENERATE(values<Case>({
      {"", {}, {}},
      {"A=1", {{"A", "1"}}, {}},
      {"\xEF\xBB\xBF# note\n\n  A = 1  \r\nexport B=2\r\n", {{"A", "1"}, {"B", "2"}}, {}},
      {"A=a#b # comment\nB=#empty\nC=\n", {{"A", "a#b"}, {"B", ""}, {"C", ""}}, {}},
      {"A='it''\n", {}, {1}},
      {"A='$HOME `id` \\n' # c\n", {{"A", "$HOME `id` \\n"}}, {}},
      {"A=\"a\\n\\\"\\\\\\$b\\q\"\n", {{"A", "a\n\"\\$b\\q"}}, {}},
      {"A=\"two\nlines\"\nB=2\nno line\n", {{"A", "two\nlines"}, {"B", "2"}}, {4}},
      {"A=$(id)\nB=${A}\n", {{"A", "$(id)"}, {"B", "${A}"}}, {}},
      {"1A=x\nA-B=x\n=x\nA\nB=ok\n", {{"B", "ok"}}, {1, 2, 3, 4}},
      {"A=\"never closed\nB=2\n", {{"B", "2"}}, {1}},
      {"A=\"x\" y\nB=2\n", {{"B", "2"}}, {1}},
      {"A=b=c\n", {{"A", "b=c"}}, {}},
  }));
  CAPTURE(c.text);
  const auto parsed = parse_env(c.text, ".env");
  std::vector<std::pair<std::string, std::string>> variables;
  for (const auto& variable : parsed.variables) variables.emplace_back(variable.name, variable.value);
  std::vector<int> malformed;
  for (const auto& where : parsed.malformed) malformed.push_back(where.line);
  CHECK(variables == c.variables);
  CHECK(malformed == c.malformed);
}

TEST_CASE("env file: a value knows its line, also behind one of several lines", "[config][env]") {
  const auto parsed = parse_env("A='1\n2\n3'\n\nB=2\n", ".env");
  REQUIRE(parsed.variables.size() == 2);
  CHECK(parsed.variables[0].where == Location{".env", 1, 1});
  CHECK(parsed.variables[1].where == Location{".env", 5, 1});
}
