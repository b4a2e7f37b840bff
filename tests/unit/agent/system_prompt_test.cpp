#include "agent/system_prompt.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "agent/memory.hpp"
#include "base/file.hpp"
#include "support/temp_dir.hpp"

using namespace errand;

namespace {

agent::Surroundings around(const std::string& root, const std::string& cwd) {
  agent::Surroundings out;
  out.roots.project = root;
  out.workspace = root;
  out.cwd = cwd;
  return out;
}

struct Prompt {
  std::string text;
  std::vector<std::string> warnings;
};

// As an agent whose workspace is writable and nothing else readable; `hidden` is our own.
Prompt prompt_of(const chat::AgentDefinition& agent, const agent::Surroundings& surroundings,
                 std::vector<std::string> hidden = {}) {
  sandbox::SandboxPolicy policy;
  policy.workspace = surroundings.workspace;
  policy.writable = {surroundings.workspace};
  policy.hidden = std::move(hidden);
  const sandbox::Workspace files(policy);
  std::vector<chat::event::Warning> warnings;
  Prompt out{agent::system_prompt(agent, {{"debug", "finds bugs", "/s", "shipped"}}, surroundings,
                                  {files, agent::context_reader(agent, surroundings.roots)}, nullptr, warnings),
             {}};
  for (const auto& warning : warnings) out.warnings.push_back(warning.message);
  return out;
}

}  // namespace

TEST_CASE("system prompt: the built-in text stays under 700 tokens", "[agent][prompt]") {
  chat::AgentDefinition agent;
  agent.context_files.clear();
  CHECK(prompt_of(agent, around("/w", "/w")).text.size() < 700 * 4);
}

TEST_CASE("system prompt: the agent's text, context files from root to cwd, and skills stand in it",
          "[agent][prompt]") {
  const test::TempDir dir;
  REQUIRE(make_directories(dir / "sub", 0755));
  REQUIRE(write_file_atomic(dir / "AGENTS.md", "root rules\n"));
  REQUIRE(write_file_atomic(dir / "sub/AGENTS.md", "nearer rules\x1b[2J\n"));
  chat::AgentDefinition agent;
  agent.system_prompt = "Prefer small commits.";
  const auto prompt = prompt_of(agent, around(dir.path(), dir / "sub")).text;
  CHECK(prompt.find("Prefer small commits.") != std::string::npos);
  CHECK(prompt.find("root rules") < prompt.find("nearer rules"));
  CHECK(prompt.find("- debug: finds bugs") != std::string::npos);
  CHECK(prompt.find('\x1b') == std::string::npos);
  CHECK(prompt == prompt_of(agent, around(dir.path(), dir / "sub")).text);
}

TEST_CASE("system prompt: a context file that leads out of the workspace, or to our own, is left out with a warning",
          "[agent][prompt]") {
  const test::TempDir dir;
  const auto root = dir / "w";
  REQUIRE(make_directories(root + "/docs", 0755));
  REQUIRE(make_directories(dir / "out", 0755));
  REQUIRE(make_directories(root + "/data", 0755));
  REQUIRE(write_file_atomic(dir / "out/key", "OUTSIDE-SECRET"));
  REQUIRE(write_file_atomic(root + "/data/own", "OWN-SECRET"));
  REQUIRE(write_file_atomic(root + "/docs/rules.md", "house rules"));
  const auto link = [&](const std::string& to, const std::string& name) {
    REQUIRE(::symlink(to.c_str(), (root + "/" + name).c_str()) == 0);
  };
  link("../out/key", "LINKED.md");
  link(dir / "out", "notes");
  link("data/own", "OWN.md");
  link("docs/rules.md", "INSIDE.md");
  link("LOOP.md", "LOOP.md");
  link("nowhere", "DANGLING.md");
  chat::AgentDefinition agent;
  agent.context_files = {"LINKED.md", "notes/key", "OWN.md", "INSIDE.md", "LOOP.md", "DANGLING.md", "docs"};
  const auto prompt = prompt_of(agent, around(root, root), {root + "/data"});
  CHECK(prompt.text.find("SECRET") == std::string::npos);
  CHECK(prompt.text.find("<context file=\"" + root + "/INSIDE.md\">\nhouse rules\n</context>") != std::string::npos);
  const auto outside = "\"" + (dir / "out/key") + "\" is outside the workspace, and the user has not allowed it";
  CHECK(prompt.warnings ==
        std::vector<std::string>{"the context file LINKED.md is left out: " + outside,
                                 "the context file OWN.md is left out: \"data/own\" can't be used: it is the program's "
                                 "own data or configuration"});
}

TEST_CASE("system prompt: what a rule keeps from the agent's tools is no context either, by any name of it",
          "[agent][prompt]") {
  const test::TempDir dir;
  REQUIRE(make_directories(dir / "secret", 0755));
  REQUIRE(write_file_atomic(dir / "secret/rules.md", "KEPT"));
  REQUIRE(write_file_atomic(dir / "AGENTS.md", "told"));
  REQUIRE(::symlink("secret/rules.md", (dir / "CLAUDE.md").c_str()) == 0);
  chat::AgentDefinition agent;
  agent.context_files = {"AGENTS.md", "CLAUDE.md", "secret/rules.md"};
  agent.rules = {{chat::RuleAction::deny, "Read", "secret/**", ""}, {chat::RuleAction::deny, "Read", "", ""}};
  const auto prompt = prompt_of(agent, around(dir.path(), dir.path()));
  CHECK(prompt.text.find("KEPT") == std::string::npos);
  CHECK(prompt.text.find("told") != std::string::npos);
  CHECK(prompt.warnings ==
        std::vector<std::string>{"the context file CLAUDE.md is left out: a deny rule for Read covers it"});

  agent.rules = {{chat::RuleAction::allow, "Read", "secret/**", ""}, {chat::RuleAction::deny, "Read", "AGENTS.md", ""}};
  const auto other = prompt_of(agent, around(dir.path(), dir.path()));
  CHECK(other.text.find("KEPT") != std::string::npos);
  CHECK(other.text.find("told") == std::string::npos);
}

TEST_CASE("system prompt: one that replaces stands alone", "[agent][prompt]") {
  chat::AgentDefinition agent;
  agent.system_prompt = "Only this.";
  agent.replace_system_prompt = true;
  CHECK(prompt_of(agent, around("/w", "/w")).text == "Only this.");
}

TEST_CASE("system prompt: an agent with a list of skills is told of those alone", "[agent][prompt]") {
  chat::AgentDefinition agent;
  agent.skills = std::vector<std::string>{"b"};
  const auto skills = agent::skills_of(agent, {{"a", "", "", ""}, {"b", "", "", ""}});
  REQUIRE(skills.size() == 1);
  CHECK(skills.front().name == "b");
}

TEST_CASE("context files: what they import follows them, wherever the tools may read it", "[agent][prompt]") {
  const test::TempDir dir;
  const auto root = dir / "w";
  REQUIRE(make_directories(root + "/docs", 0755));
  REQUIRE(make_directories(dir / "out", 0755));
  REQUIRE(write_file_atomic(dir / "out/key", "OUTSIDE-SECRET"));
  REQUIRE(write_file_atomic(root + "/private.md", "DENIED-SECRET"));
  REQUIRE(write_file_atomic(root + "/AGENTS.md",
                            "See @docs/style.md, and @../out/key @private.md\nask @ada or mail ada@docs/style.md\n"
                            "`@docs/code.md`\n```\n@docs/code.md\n```\n"));
  REQUIRE(write_file_atomic(root + "/docs/style.md", "two blanks @deeper.md @../AGENTS.md"));
  REQUIRE(write_file_atomic(root + "/docs/deeper.md", "deepest"));
  REQUIRE(write_file_atomic(root + "/docs/code.md", "CODE"));
  chat::AgentDefinition agent;
  agent.context_files = {"AGENTS.md"};
  sandbox::SandboxPolicy policy;
  policy.workspace = root;
  policy.writable = {root};
  const sandbox::Workspace files(policy);
  std::vector<chat::event::Warning> warnings;
  const agent::Reading reading{files, [](std::string_view path) { return !path.ends_with("private.md"); }};
  const auto text = agent::context_section(agent, around(root, root), reading, warnings);
  CHECK(text.find("two blanks") < text.find("deepest"));
  CHECK(text.find("deepest") != std::string::npos);
  CHECK(text.find("SECRET") == std::string::npos);
  CHECK(text.find("CODE") == std::string::npos);
  REQUIRE(warnings.size() == 2);
  CHECK(warnings[0].message.find("is outside the workspace") != std::string::npos);
  CHECK(warnings[1].message == "the context file private.md is left out: a deny rule for Read covers it");
}

TEST_CASE("context files: files that import each other end, and so does a long chain", "[agent][prompt]") {
  const test::TempDir dir;
  for (int i = 0; i < 9; ++i) {
    REQUIRE(write_file_atomic(dir / fmt::format("{}.md", i), fmt::format("level {} @{}.md @0.md", i, i + 1)));
  }
  chat::AgentDefinition agent;
  agent.context_files = {"0.md"};
  const auto prompt = prompt_of(agent, around(dir.path(), dir.path())).text;
  CHECK(prompt.find("level 5") != std::string::npos);
  CHECK(prompt.find("level 6") == std::string::npos);
}

TEST_CASE("context files: the user's own stands before the project's", "[agent][prompt]") {
  const test::TempDir dir;
  REQUIRE(make_directories(dir / "w", 0755));
  REQUIRE(write_file_atomic(dir / "w/AGENTS.md", "project rules"));
  REQUIRE(write_file_atomic(dir / "own.md", "my rules"));
  auto surroundings = around(dir / "w", dir / "w");
  surroundings.own_context = dir / "own.md";
  const auto prompt = prompt_of({}, surroundings).text;
  CHECK(prompt.find("my rules") < prompt.find("project rules"));
}

TEST_CASE("memory: notes of both kinds stand in the prompt, as notes", "[agent][prompt]") {
  const test::TempDir dir;
  secrets::Redactor secrets;
  agent::MemoryNotes notes(store::memories_of(dir.path(), "ada", "/home/ada/w"), secrets);
  using Scope = tool::Notes::Scope;
  sandbox::SandboxPolicy policy;
  policy.workspace = "/w";
  const sandbox::Workspace files(policy);
  std::vector<chat::event::Warning> warnings;
  const auto prompt = [&] { return agent::system_prompt({}, {}, around("/w", "/w"), {files}, &notes, warnings); };
  CHECK(prompt().find("Memory") == std::string::npos);
  REQUIRE(notes.add(Scope::user, "likes tabs"));
  REQUIRE(notes.add(Scope::project, "build with ninja"));
  const auto text = prompt();
  CHECK(text.find("<memory of=\"user\">\n- likes tabs\n</memory>") != std::string::npos);
  CHECK(text.find("<memory of=\"project\">\n- build with ninja\n</memory>") != std::string::npos);
  const auto refused = notes.add(Scope::user, "the key is ghp_" + std::string("A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"));
  REQUIRE(!refused);
  CHECK(refused.error().message == "the note holds a secret, and is not kept");
}
