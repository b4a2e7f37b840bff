#include "policy/policy.hpp"

#include <catch2/catch.hpp>

#include "chat/names.hpp"
#include "chat/rule.hpp"

using namespace errand;
using namespace errand::policy;
using chat::Effect;
using chat::PermissionMode;
using chat::RuleAction;

namespace {

const Roots roots{"/w", "/home/u"};

std::vector<chat::Rule> rules(const std::vector<std::pair<RuleAction, std::string>>& written) {
  std::vector<chat::Rule> out;
  for (const auto& [action, text] : written) out.push_back(chat::parse_rule(text, action, "agents.yaml:3:5").value());
  return out;
}

CallFacts bash(std::string command, bool contained = true) {
  CallFacts call;
  call.tool = "Bash";
  call.effect = Effect::execute;
  call.command = std::move(command);
  call.contained = contained;
  return call;
}

CallFacts file(std::string tool, std::string path, bool inside = true) {
  CallFacts call;
  const bool write = tool == "Edit" || tool == "Write";
  call.tool = std::move(tool);
  call.effect = write ? Effect::write : Effect::read;
  call.paths = {{std::move(path), write, inside, false}};
  call.contained = inside;
  return call;
}

CallFacts other(std::string tool, Effect effect, std::string subject = {}) {
  CallFacts call;
  call.tool = std::move(tool);
  call.effect = effect;
  call.subject = std::move(subject);
  return call;
}

constexpr auto deny = RuleAction::deny;
constexpr auto ask = RuleAction::ask;
constexpr auto allow = RuleAction::allow;

std::string outcome(const Decision& decision) {
  return decision.outcome == Outcome::allow ? "allow" : decision.outcome == Outcome::ask ? "ask" : "deny";
}

}  // namespace

TEST_CASE("policy: what a server's tool does is not known: plan mode has none, auto only what the sandbox holds",
          "[policy]") {
  const auto rules =
      std::vector<chat::Rule>{{.action = chat::RuleAction::allow, .tool = "mcp__git", .spec = {}, .origin = {}}};
  for (const auto effect : {Effect::execute, Effect::network}) {
    auto call = other("mcp__git__log", effect);
    CHECK(decide(rules, PermissionMode::plan, call, roots).outcome == Outcome::deny);
    CHECK(decide(rules, PermissionMode::ask, call, roots).outcome == Outcome::allow);
    CHECK(decide({}, PermissionMode::ask, call, roots).reason == "it asks an MCP server");
    call.contained = true;
    CHECK(decide({}, PermissionMode::automatic, call, roots).outcome ==
          (effect == Effect::execute ? Outcome::allow : Outcome::ask));
  }
}

TEST_CASE("policy: what each mode does without rules", "[policy]") {
  struct Row {
    std::string what;
    CallFacts call;
    std::vector<std::string> outcomes;  // ask, auto, deny, plan, bypass
  };
  auto hidden = file("Read", "/w/data/store.db");
  hidden.paths[0].hidden = true;
  auto two = file("Grep", "/w/a");
  two.paths.push_back({"/etc", false, false, false});
  const std::vector<Row> rows = {
      {"todo", other("TodoWrite", Effect::none), {"allow", "allow", "allow", "allow", "allow"}},
      {"question", other("AskUserQuestion", Effect::question), {"allow", "allow", "allow", "allow", "allow"}},
      {"subagent", other("Task", Effect::delegate, "reviewer"), {"allow", "allow", "allow", "allow", "allow"}},
      {"read inside", file("Read", "/w/a"), {"allow", "allow", "allow", "allow", "allow"}},
      {"read outside", file("Read", "/etc/passwd", false), {"ask", "ask", "deny", "ask", "allow"}},
      {"grep inside and outside", two, {"ask", "ask", "deny", "ask", "allow"}},
      {"write inside", file("Edit", "/w/a"), {"ask", "allow", "deny", "deny", "allow"}},
      {"write outside", file("Write", "/etc/x", false), {"ask", "ask", "deny", "deny", "allow"}},
      {"command", bash("make"), {"ask", "allow", "deny", "deny", "allow"}},
      {"bare command", bash("make", false), {"ask", "ask", "deny", "deny", "allow"}},
      {"network", other("WebFetch", Effect::network, "x.org"), {"ask", "ask", "deny", "ask", "allow"}},
      {"hidden", hidden, {"deny", "deny", "deny", "deny", "deny"}},
  };
  for (const auto& row : rows) {
    std::vector<std::string> outcomes;
    for (const auto mode : {PermissionMode::ask, PermissionMode::automatic, PermissionMode::deny, PermissionMode::plan,
                            PermissionMode::bypass}) {
      outcomes.push_back(outcome(decide({}, mode, row.call, roots)));
    }
    CAPTURE(row.what);
    CHECK(outcomes == row.outcomes);
  }
}

TEST_CASE("policy: deny before ask before allow before the mode", "[policy]") {
  const auto all = rules({{allow, "Bash(git *)"}, {ask, "Bash(git push *)"}, {deny, "Bash(git push --force *)"}});
  const auto decided = [&](const std::string& line, PermissionMode mode = PermissionMode::ask) {
    return outcome(decide(all, mode, bash(line), roots));
  };
  CHECK(decided("git status") == "allow");
  CHECK(decided("git push") == "ask");
  CHECK(decided("git push --force") == "deny");
  CHECK(decided("git status && git push --force x") == "deny");
  CHECK(decided("git status && git push") == "ask");
  CHECK(decided("git status && make") == "ask");
  CHECK(decided("git push", PermissionMode::automatic) == "ask");
  CHECK(decided("git push", PermissionMode::deny) == "deny");
  CHECK(decided("git push", PermissionMode::bypass) == "ask");
  CHECK(decided("git push --force", PermissionMode::bypass) == "deny");
  CHECK(decided("git status", PermissionMode::plan) == "deny");
  CHECK(decided("git status", PermissionMode::deny) == "allow");
}

TEST_CASE("policy: doubt about a denied command asks in every mode", "[policy]") {
  const auto all = rules({{allow, "Bash"}, {deny, "Bash(rm *)"}});
  for (const auto mode : {PermissionMode::ask, PermissionMode::automatic, PermissionMode::bypass}) {
    CHECK(outcome(decide(all, mode, bash("$x -rf /"), roots)) == "ask");
    CHECK(outcome(decide(all, mode, bash("make 2>&1 | tail"), roots)) == "allow");
  }
  CHECK(outcome(decide(all, PermissionMode::deny, bash("$x -rf /"), roots)) == "deny");
}

TEST_CASE("policy: a decision says the rule, why, and what would allow it", "[policy]") {
  const auto denied = decide(rules({{deny, "Bash(rm *)"}}), PermissionMode::ask, bash("ls; rm x"), roots);
  CHECK(denied.rule == "Bash(rm *)");
  CHECK(denied.reason == "it is what the rule Bash(rm *) (agents.yaml:3:5) denies");
  CHECK(denied.suggested_rule.empty());

  const auto asked =
      decide(rules({{allow, "Bash(git diff *)"}}), PermissionMode::ask, bash("git diff && make test"), roots);
  CHECK(asked.rule.empty());
  CHECK(asked.reason == "it runs a command");
  CHECK(asked.suggested_rule == "Bash(make test)");

  const auto outside = decide({}, PermissionMode::deny, file("Grep", "/etc/hosts", false), roots);
  CHECK(outside.reason == "it reads outside the workspace: /etc/hosts, and permission mode \"deny\" asks nobody");
  auto guarded = file("Write", "/w/.git/hooks/pre-commit", false);
  guarded.paths[0].guarded = true;
  CHECK(decide({}, PermissionMode::automatic, guarded, roots).reason ==
        "it writes what is protected in the workspace: /w/.git/hooks/pre-commit");
  CHECK(outside.suggested_rule == "Read(//etc/hosts)");

  CHECK(decide({}, PermissionMode::ask, file("Write", "/w/src/x.cpp"), roots).suggested_rule == "Edit(//w/src/x.cpp)");
  CHECK(decide({}, PermissionMode::ask, other("WebFetch", Effect::network, "X.org"), roots).suggested_rule ==
        "WebFetch(domain:x.org)");
  CHECK(decide({}, PermissionMode::ask, other("mcp__git__log", Effect::execute), roots).suggested_rule ==
        "mcp__git__log");
  CHECK(decide({}, PermissionMode::plan, bash("ls"), roots).reason == "plan mode is read-only");
}

TEST_CASE("policy: what is suggested allows the same call next time", "[policy]") {
  for (const auto& call : {bash("make 'a b' && ls"), file("Write", "/w/Makefile"), file("Edit", "/w/a/[x].ts"),
                           file("Read", "/etc/hosts", false), other("WebFetch", Effect::network, "a.example.org"),
                           other("mcp__git__log", Effect::execute)}) {
    CAPTURE(call.tool, call.command);
    auto granted = rules({{allow, "Bash(ls)"}});
    const auto first = decide(granted, PermissionMode::ask, call, roots);
    REQUIRE(first.outcome == Outcome::ask);
    granted.push_back(chat::parse_rule(first.suggested_rule, allow, "user").value());
    CHECK(outcome(decide(granted, PermissionMode::ask, call, roots)) == "allow");
  }
}

TEST_CASE("policy: file rules", "[policy]") {
  struct Row {
    std::vector<std::pair<RuleAction, std::string>> written;
    CallFacts call;
    std::string expected;
  };
  const std::vector<Row> rows = {
      {{{deny, "Read(./secrets/**)"}}, file("Grep", "/w/secrets/a"), "deny"},
      {{{deny, "Read(*.key)"}}, file("Edit", "/w/a.key"), "deny"},
      {{{deny, "Read(*.key)"}}, file("Write", "/w/a.key"), "ask"},
      {{{deny, "Edit(src/**)"}}, file("Write", "/w/src/a"), "deny"},
      {{{deny, "Edit(src/**)"}}, file("Read", "/w/src/a"), "allow"},
      {{{deny, "Write(src/**)"}}, file("Edit", "/w/src/a"), "ask"},
      {{{ask, "Read(*.env)"}}, file("Read", "/w/x.env"), "ask"},
      {{{allow, "Edit(src/**)"}}, file("Write", "/w/src/a"), "allow"},
      {{{allow, "Edit(src/**)"}}, file("Edit", "/w/lib/a"), "ask"},
      {{{allow, "Edit"}}, file("Write", "/w/a"), "allow"},
      {{{allow, "Edit"}}, file("Write", "/etc/x", false), "ask"},
      {{{allow, "Edit(//etc/x)"}}, file("Write", "/etc/x", false), "allow"},
      {{{allow, "Read(~/notes/**)"}}, file("Glob", "/home/u/notes/a", false), "allow"},
      {{{allow, "Read(*)"}}, file("Read", "/etc/x", false), "ask"},
      {{{allow, "Read"}}, file("Edit", "/w/a"), "ask"},
      {{{allow, "Bash(*)"}, {deny, "Edit"}}, file("Edit", "/w/a"), "deny"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.written[0].second, row.call.tool, row.call.paths[0].path);
    CHECK(outcome(decide(rules(row.written), PermissionMode::ask, row.call, roots)) == row.expected);
  }
}

TEST_CASE("policy: every path of a call needs its rule", "[policy]") {
  auto call = file("Edit", "/w/src/a");
  call.paths.push_back({"/w/lib/b", true, true, false});
  CHECK(outcome(decide(rules({{allow, "Edit(src/**)"}}), PermissionMode::ask, call, roots)) == "ask");
  CHECK(decide(rules({{allow, "Edit(src/**)"}}), PermissionMode::ask, call, roots).suggested_rule == "Edit(//w/lib/b)");
  CHECK(outcome(decide(rules({{allow, "Edit(src/**)"}, {allow, "Edit(lib/**)"}}), PermissionMode::ask, call, roots)) ==
        "allow");
  CHECK(outcome(decide(rules({{deny, "Edit(lib/**)"}}), PermissionMode::bypass, call, roots)) == "deny");
}

TEST_CASE("policy: hosts, subagents, skills and MCP tools", "[policy]") {
  struct Row {
    RuleAction action;
    std::string rule;
    CallFacts call;
    std::string expected;
  };
  const auto fetch = [](std::string host) { return other("WebFetch", Effect::network, std::move(host)); };
  const auto mcp = [](std::string tool) { return other(std::move(tool), Effect::execute); };
  const std::vector<Row> rows = {
      {allow, "WebFetch(domain:example.com)", fetch("example.com"), "allow"},
      {allow, "WebFetch(domain:Example.com)", fetch("EXAMPLE.com."), "allow"},
      {allow, "WebFetch(domain:example.com)", fetch("a.example.com"), "ask"},
      {allow, "WebFetch(domain:example.com)", fetch("example.com.evil.org"), "ask"},
      {allow, "WebFetch(domain:example.com)", fetch("badexample.com"), "ask"},
      {allow, "WebFetch(domain:*.example.com)", fetch("a.example.com"), "allow"},
      {allow, "WebFetch(domain:example.com)", fetch(""), "ask"},
      {deny, "WebFetch(domain:example.com)", fetch("a.b.example.com"), "deny"},
      {deny, "WebFetch(domain:*.example.com)", fetch("example.com"), "deny"},
      {deny, "WebFetch(domain:example.com)", fetch("badexample.com"), "ask"},
      {deny, "WebFetch(domain:127.1)", fetch("127.0.0.1"), "deny"},
      {deny, "WebFetch(2130706433)", fetch("127.0.0.1"), "deny"},
      {deny, "WebFetch(domain:[::ffff:127.0.0.1])", fetch("127.0.0.1"), "deny"},
      {deny, "WebFetch(domain:127.*)", fetch("127.0.0.1"), "deny"},
      {deny, "WebFetch(domain:fe80::*)", fetch("fe80::1"), "deny"},
      {deny, "WebFetch(domain:b\u00fccher.test)", fetch("xn--bcher-kva.test"), "deny"},
      {deny, "WebFetch(domain:*.b\u00fccher.test)", fetch("a.xn--bcher-kva.test"), "deny"},
      {allow, "WebFetch(domain:127.1)", fetch("127.0.0.1"), "allow"},
      {allow, "WebFetch(domain:*.B\u00dcCHER.test)", fetch("a.xn--bcher-kva.test"), "allow"},
      {deny, "WebFetch(domain:exa$mple.com)", fetch("other.org"), "deny"},
      {ask, "WebFetch(domain:a..b)", fetch("other.org"), "ask"},
      {allow, "WebFetch(domain:*$)", fetch("other$"), "ask"},
      {deny, "Task(reviewer)", other("Task", Effect::delegate, "reviewer"), "deny"},
      {deny, "Task(reviewer)", other("Task", Effect::delegate, "explorer"), "allow"},
      {ask, "Skill(deploy*)", other("Skill", Effect::none, "deploy-prod"), "ask"},
      {allow, "mcp__git__*", mcp("mcp__git__log"), "allow"},
      {allow, "mcp__git", mcp("mcp__git__log"), "allow"},
      {allow, "mcp__git", mcp("mcp__github__log"), "ask"},
      {allow, "mcp__git__log", mcp("mcp__git__push"), "ask"},
      {deny, "mcp__*", mcp("mcp__git__push"), "deny"},
      {deny, "mcp__git__push(x)", mcp("mcp__git__push"), "ask"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.rule, row.call.tool, row.call.subject);
    CHECK(outcome(decide(rules({{row.action, row.rule}}), PermissionMode::ask, row.call, roots)) == row.expected);
  }
}

TEST_CASE("policy: a bare deny takes the tool away", "[policy]") {
  const auto all = rules({{deny, "Bash"},
                          {deny, "Read"},
                          {deny, "Edit(src/**)"},
                          {deny, "mcp__git__*"},
                          {deny, "Task(*)"},
                          {allow, "Write"}});
  for (const auto* gone : {"Bash", "Read", "Grep", "Glob", "Task", "mcp__git__log"}) {
    CAPTURE(gone);
    CHECK(is_denied_whole(all, gone));
  }
  for (const auto* there : {"Write", "TodoWrite", "mcp__github__log"}) {
    CAPTURE(there);
    CHECK_FALSE(is_denied_whole(all, there));
  }
}

TEST_CASE("policy: walks leave out what may not be read", "[policy]") {
  const auto all = rules({{deny, "Read(secrets/**)"}, {deny, "Grep(*.min.js)"}, {ask, "Read(src/**)"}});
  const ReadFilter grep(all, "Grep", roots);
  CHECK(grep.denies("/w/secrets/a/b"));
  CHECK(grep.denies("/w/x/y.min.js"));
  CHECK_FALSE(grep.denies("/w/src/a"));
  CHECK_FALSE(is_read_denied(all, "Read", "/w/x/y.min.js", roots));
  CHECK(is_read_denied(rules({{deny, "Read"}}), "Glob", "/w/a", roots));
}
