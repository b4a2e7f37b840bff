#include "chat/rule.hpp"

#include <catch2/catch.hpp>

using namespace errand;
using namespace errand::chat;

TEST_CASE("rule: a tool, or a tool with what it covers", "[chat][rule]") {
  CHECK(parse_rule("Read", RuleAction::allow, "x").value() == Rule{RuleAction::allow, "Read", "", "x"});
  CHECK(parse_rule("Bash(git log --format='(%h)')", RuleAction::deny, "").value().spec == "git log --format='(%h)'");
  CHECK(parse_rule("bash_exec(ls)", RuleAction::allow, "").value().tool == "Bash");
  CHECK(parse_rule("WebFetch(domain:[::1])", RuleAction::deny, "").value().spec == "domain:[::1]");
  CHECK(to_string(parse_rule("mcp__git__*", RuleAction::allow, "").value()) == "mcp__git__*");
}

TEST_CASE("rule: what is malformed or nobody's is named with a hint", "[chat][rule]") {
  const auto nobodys = parse_rule("Bsah(ls)", RuleAction::allow, "").error();
  CHECK(nobodys.kind == ErrorKind::config);
  CHECK(nobodys.hint.starts_with("did you mean \"Bash\"?"));
  for (const auto* wrong : {"", "(ls)", "Bash(ls", "Bash ls", "Bash()", "Bash(ls) x", "WebFetch(http://127.0.0.1/*)",
                            "WebFetch(domain:127.0.0.1:8080)", "WebFetch(domain:[::1]:80)", "WebFetch(u@a.test)"}) {
    CAPTURE(wrong);
    CHECK(parse_rule(wrong, RuleAction::allow, "").error().kind == ErrorKind::usage);
  }
}
