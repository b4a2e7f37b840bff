#include <catch2/catch.hpp>

#include "tool/text_search.hpp"

namespace errand::tool {
namespace {

TEST_CASE("required text: only what every match holds for certain", "[tool][grep]") {
  struct Row {
    const char* pattern;
    const char* required;
  };
  const auto row = GENERATE(values<Row>({
      {"needle", "needle"},
      {"foo|needle", ""},
      {"(foo|bar)needle", "needle"},
      {"(needle)?abc", "abc"},
      {"(needle)", ""},
      {"needles?", "needle"},
      {"needle*x", "needl"},
      {"needle+x", "needle"},
      {"abc{2}defgh", "defgh"},
      {"abcd{0}", "abc"},
      {"abc[x|y]defg", "defg"},
      {"abc[]|]defg", "defg"},
      {"abc[^]z]defg", "defg"},
      {"abc[[:alpha:]]defg", "defg"},
      {R"(a\.b\.c)", "a.b.c"},
      {R"(\bneedle\b)", "needle"},
      {R"(\x61bcdef)", ""},
      {R"(\Qa*b\Eccc)", ""},
      {"(?i)needle", ""},
      {"abc(?:x)defg", "defg"},
      {"n(?i:EE)dle", ""},
      {"^start.*end$", "start"},
      {"naïveté?x", "naïvet"},
      {"ab", ""},
      {"needle\nx", ""},
      {"unclosed[abc", ""},
      {"unclosed(abc", ""},
      {"trailing\\", ""},
  }));
  CAPTURE(row.pattern);
  CHECK(required_text(row.pattern) == row.required);
}

}  // namespace
}  // namespace errand::tool
