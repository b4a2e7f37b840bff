#include "agent/system_prompt.hpp"

#include <catch2/catch.hpp>

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

}  // namespace

TEST_CASE("system prompt: the built-in text stays under 700 tokens", "[agent][prompt]") {
  chat::AgentDefinition agent;
  agent.context_files.clear();
  CHECK(agent::system_prompt(agent, {}, around("/w", "/w")).size() < 700 * 4);
}

TEST_CASE("system prompt: the agent's text, context files from root to cwd, and skills stand in it",
          "[agent][prompt]") {
  const test::TempDir dir;
  REQUIRE(make_directories(dir / "sub", 0755));
  REQUIRE(write_file_atomic(dir / "AGENTS.md", "root rules\n"));
  REQUIRE(write_file_atomic(dir / "sub/AGENTS.md", "nearer rules\x1b[2J\n"));
  chat::AgentDefinition agent;
  agent.system_prompt = "Prefer small commits.";
  const auto prompt =
      agent::system_prompt(agent, {{"debug", "finds bugs", "/s", "shipped"}}, around(dir.path(), dir / "sub"));
  CHECK(prompt.find("Prefer small commits.") != std::string::npos);
  CHECK(prompt.find("root rules") < prompt.find("nearer rules"));
  CHECK(prompt.find("- debug: finds bugs") != std::string::npos);
  CHECK(prompt.find('\x1b') == std::string::npos);
  CHECK(prompt ==
        agent::system_prompt(agent, {{"debug", "finds bugs", "/s", "shipped"}}, around(dir.path(), dir / "sub")));
}

TEST_CASE("system prompt: one that replaces stands alone", "[agent][prompt]") {
  chat::AgentDefinition agent;
  agent.system_prompt = "Only this.";
  agent.replace_system_prompt = true;
  CHECK(agent::system_prompt(agent, {}, around("/w", "/w")) == "Only this.");
}

TEST_CASE("system prompt: an agent with a list of skills is told of those alone", "[agent][prompt]") {
  chat::AgentDefinition agent;
  agent.skills = std::vector<std::string>{"b"};
  const auto skills = agent::skills_of(agent, {{"a", "", "", ""}, {"b", "", "", ""}});
  REQUIRE(skills.size() == 1);
  CHECK(skills.front().name == "b");
}
