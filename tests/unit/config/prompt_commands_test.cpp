#include "config/prompt_commands.hpp"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "support/temp_dir.hpp"

using namespace errand;
using namespace errand::config;
using namespace errand::test;

namespace {

void write(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << text;
}

std::vector<std::string> names_in(const Configuration& config) {
  std::vector<std::string> out;
  for (const auto& command : find_prompt_commands(config)) out.push_back(command.name);
  return out;
}

}  // namespace

TEST_CASE("prompt commands: the argument stands where the text says, whole or by words", "[config]") {
  struct Case {
    std::string_view text;
    std::string_view argument;
    std::string_view expected;
  };
  for (const auto& c : std::vector<Case>{
           {"$0 then $1.", R"(alpha "b c" d)", "alpha then b c."},
           {"$ARGUMENTS", R"(alpha "b c" d)", R"(alpha "b c" d)"},
           {"$ARGUMENTS[2]|$ARGUMENTS[9]|$7", "a b c", "c||"},
           {"$ARGUMENTS[x] $ARGUMENTS[0", "a b", "a b[x] a b[0"},
           {R"(costs \$1 and \$ARGUMENTS)", "", "costs $1 and $ARGUMENTS"},
           {"no place", "for this", "no place\n\nARGUMENTS: for this"},
           {"no place", "", "no place"},
           {"$0 is not expanded again", "$1 x", "$1 is not expanded again"},
           {"$12345", "a", "5"},
           {"$0", R"('it''s' a\ b "")", "its"},
           {"$1|$2", R"(x a\ b "")", "a b|"},
           {"$0", "\"open", "open"},
           {"a $ b $", "x", "a $ b $\n\nARGUMENTS: x"},
           {"", "x", "\n\nARGUMENTS: x"},
       }) {
    CAPTURE(c.text, c.argument);
    CHECK(fill_in(c.text, c.argument) == c.expected);
  }
}

TEST_CASE("prompt commands: the project's hide the user's, and no link leads out of it", "[config]") {
  const TempDir directory;
  Configuration config;
  config.project.root = directory / "project";
  config.sources.user_config_dir = directory / "user";
  write(directory / "user/commands/review.md", "---\ndescription: mine\nargument-hint: [file]\n---\nLook at $0.\n");
  write(directory / "user/commands/own.md", "Mine alone.");
  write(directory / "project/.claude/commands/review.md", "---\ndescription: ours\n---\nOurs: $ARGUMENTS\n");
  write(directory / "project/.claude/commands/git/sync.md", "---\nmodel: opus\n---\n\nSync.\n\n");
  write(directory / "project/.agents/commands/a.md", "---\ndescription: a: b\n---\nText.");
  write(directory / "project/.agents/commands/odd name.md", "no");
  write(directory / "project/.agents/commands/notes.txt", "no");
  std::filesystem::create_symlink(directory / "user/commands/own.md", directory / "project/.claude/commands/out.md");

  CHECK(names_in(config) == std::vector<std::string>{"a", "git:sync", "own", "review"});
  const auto found = find_prompt_commands(config);
  CHECK(found[3] == PromptCommand{"review", "ours", "", directory / "project/.claude/commands/review.md"});
  CHECK(expand(found[3], "x.cpp").value() == "Ours: x.cpp");
  CHECK(expand(found[1], "").value() == "Sync.");
  CHECK(expand(found[0], "").value() == "Text.");

  CHECK(found[0].description == "a: b");  // no YAML, and read as text

  config.project.root = directory / "elsewhere";
  CHECK(find_prompt_commands(config)[1] ==
        PromptCommand{"review", "mine", "[file]", directory / "user/commands/review.md"});
  CHECK(expand({"gone", "", "", directory / "gone.md"}, "").error().kind == ErrorKind::config);
}

TEST_CASE("prompt commands: front matter that is no YAML is read line by line", "[config]") {
  const TempDir directory;
  Configuration config;
  config.project.root = directory / "project";
  write(
      directory / "project/.claude/commands/greet.md",
      "---\r\ndescription: \"Fix: a thing\"\r\nargument-hint: [who] [what]\r\nallowed-tools: @x\r\n---\r\nHello $0.\n");
  const auto found = find_prompt_commands(config);
  REQUIRE(found.size() == 1);
  CHECK(found[0].description == "Fix: a thing");
  CHECK(found[0].argument_hint == "[who] [what]");
  CHECK(expand(found[0], "you").value() == "Hello you.");
}
