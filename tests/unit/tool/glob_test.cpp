#include <catch2/catch.hpp>

#include "base/text.hpp"
#include "support/tool_bench.hpp"

namespace errand::tool {
namespace {

// The lines, sorted: files made within one clock tick come in any order.
std::vector<std::string> sorted_lines(const std::string& text) {
  auto out = text::lines(text);
  std::ranges::sort(out);
  return out;
}

using Names = std::vector<std::string>;

TEST_CASE("Glob: names by pattern, without what git ignores", "[tool][glob]") {
  test::ToolBench bench;
  for (const auto* path : {"a.cpp", "a.hpp", "src/b.cpp", "src/deep/c.hpp", "src/deep/[id].ts", "build/out.cpp",
                           "x.log", "keep/y.log", ".hidden/z.cpp", ".git/config", "src/gen/made.cpp"}) {
    bench.write(path, "");
  }
  bench.write(".gitignore", "build/\n*.log\n!keep/*.log\n");
  bench.write(".git/info/exclude", "gen\n");
  struct Row {
    Json input;
    Names names;
  };
  const std::vector<Row> rows = {
      {{{"pattern", "**/*.{cpp,hpp}"}}, {".hidden/z.cpp", "a.cpp", "a.hpp", "src/b.cpp", "src/deep/c.hpp"}},
      {{{"pattern", "*.cpp"}}, {"a.cpp"}},
      {{{"pattern", "src/**"}}, {"src/b.cpp", "src/deep/[id].ts", "src/deep/c.hpp"}},
      {{{"pattern", "*.cpp"}, {"path", "src"}}, {"src/b.cpp"}},
      {{{"pattern", "src/deep/[id].ts"}}, {"src/deep/[id].ts"}},
      {{{"pattern", bench.root() + "/src/*.cpp"}}, {"src/b.cpp"}},
      {{{"pattern", "**/*.log"}}, {"keep/y.log"}},
      {{{"pattern", "**/made.cpp"}, {"path", "src"}}, {"no files match \"**/made.cpp\" in src"}},
      {{{"pattern", "src/"}}, {"src/b.cpp", "src/deep/[id].ts", "src/deep/c.hpp"}},
      {{{"pattern", "nope/*.cpp"}}, {"error: no directory \"nope\" in the workspace"}},
      {{{"pattern", "../*"}},
       {"error: \"" + bench.outside("").substr(0, bench.outside("").size() - 1) +
        "\" is outside the workspace, and the user has not allowed it"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.input.dump());
    CHECK(sorted_lines(bench.text("Glob", row.input)) == row.names);
  }
}

TEST_CASE("Glob: newest first, and says when there are more", "[tool][glob]") {
  test::ToolBench bench;
  const auto base = std::filesystem::file_time_type::clock::now() - std::chrono::hours(10);
  for (int i = 0; i < 1200; ++i) {
    const auto path = bench.write("f" + std::to_string(i), "");
    std::filesystem::last_write_time(path, base + std::chrono::seconds(i));
  }
  const auto lines = text::lines(bench.text("Glob", {{"pattern", "*"}}));
  REQUIRE(lines.size() == 1001);
  CHECK(lines[0] == "f1199");
  CHECK(lines[999] == "f200");
  CHECK(lines[1000] == "[the newest 1000 of 1200 files; narrow the pattern for others]");
}

TEST_CASE("Glob: the targets name the directory the search starts in", "[tool][glob]") {
  test::ToolBench bench;
  const auto target = [&](const Json& input) { return bench.registry.find("Glob")->targets(input).at(0).path; };
  CHECK(target({{"pattern", "*.c"}}) == ".");
  CHECK(target({{"pattern", "/etc/*.conf"}}) == "/etc");
  CHECK(target({{"pattern", "/*"}}) == "/");
  CHECK(target({{"pattern", "../x/*"}, {"path", "src"}}) == "src/../x");
  CHECK(target({{"pattern", "{a,../b}/*"}}) == ".");
}

}  // namespace
}  // namespace errand::tool
