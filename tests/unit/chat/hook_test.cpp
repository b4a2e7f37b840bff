#include "chat/hook.hpp"

#include <catch2/catch.hpp>

using namespace errand;
using namespace errand::chat;

TEST_CASE("hook: a matcher is a name, a list of names, or a pattern that is looked for anywhere", "[chat][hook]") {
  struct Case {
    std::string_view matcher;
    std::string_view subject;
    bool matches;
  };
  const auto c = GENERATE(values<Case>({
      {"", "Bash", true},
      {" ", "Bash", true},
      {"*", "", true},
      {"Bash", "Bash", true},
      {"Bash", "BashOutput", false},
      {"Bas", "Bash", false},
      {"bash", "Bash", true},  // as other programs spell it
      {"Edit|Write", "Write", true},
      {"Edit | Write", "Write", true},
      {"Edit, Write", "Edit", true},
      {"Edit|Write", "MultiEdit", false},
      {"|,", "Bash", false},
      {"mcp__wiki__read-page", "mcp__wiki__read-page", true},
      {"Bash.*", "BashOutput", true},
      {"Edi.", "MultiEdit", true},
      {"^Edi.", "MultiEdit", false},
      {"^(Edit|Write)$", "Write", true},
      {"mcp__.*__delete", "mcp__wiki__delete_page", true},
      {"prompt_input_exit", "prompt_input_exit", true},
  }));
  CAPTURE(c.matcher, c.subject);
  CHECK(compile_matcher(c.matcher).value()(c.subject) == c.matches);
}

TEST_CASE("hook: a matcher that is no pattern is refused with the reason", "[chat][hook]") {
  const auto refused = compile_matcher("(?=Bash)");
  REQUIRE_FALSE(refused);
  CHECK(describe(refused.error()) ==
        "error: the matcher \"(?=Bash)\" is no pattern: invalid perl operator: (?=\n"
        "  hint: write names as Edit|Write, * for all, or a regular expression as RE2 has them\n");
}

TEST_CASE("hook: every event is found by its own name", "[chat][hook]") {
  for (const auto name : hook_event_names()) {
    CAPTURE(name);
    CHECK(name_of(hook_event_named(name).value()) == name);
  }
  CHECK_FALSE(hook_event_named("pretooluse"));
}
