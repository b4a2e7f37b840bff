#include <catch2/catch.hpp>

#include "support/tool_bench.hpp"

namespace errand::tool {
namespace {

TEST_CASE("Skill: body without front matter, directory and files", "[tool][skill]") {
  test::ToolBench bench;
  bench.write("skills/pdf/SKILL.md", "---\nname: pdf\ndescription: |\n  about ---\n---\n\n# PDF\nUse it.\n---\nmore\n");
  bench.write("skills/pdf/scripts/go.sh", "");
  bench.write("skills/pdf/forms.md", "");
  bench.write(".gitignore", "skills\n");
  bench.skills = {{"pdf", "", bench.root() + "/skills/pdf", "project"}};
  CHECK(bench.text("Skill", {{"name", "pdf"}}) ==
        "# PDF\nUse it.\n---\nmore\n\nDirectory of this skill: " + bench.root() +
            "/skills/pdf\nIts files: forms.md, scripts/go.sh\n");
  CHECK(bench.text("Skill", {{"name", "pfd"}}) ==
        "error: there is no skill \"pfd\"; did you mean \"pdf\"? known skills: pdf");
}

TEST_CASE("Skill: front matter that is not closed is the body", "[tool][skill]") {
  test::ToolBench bench;
  bench.write("s/SKILL.md", "---\nname: s\n");
  bench.skills = {{"s", "", bench.root() + "/s", "project"}};
  CHECK(bench.text("Skill", {{"name", "s"}}) ==
        "---\nname: s\n\nDirectory of this skill: " + bench.root() + "/s\nIt has no other files.\n");
}

TEST_CASE("Skill: a directory that may not be read is not", "[tool][skill]") {
  test::ToolBench bench;
  bench.skills = {{"far", "", "/etc", "user"}};
  CHECK(bench.text("Skill", {{"name", "far"}}).find("is outside the workspace") != std::string::npos);
}

}  // namespace
}  // namespace errand::tool
