#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "support/tool_bench.hpp"

namespace errand::tool {
namespace {

TEST_CASE("Grep: modes, filters and limits over a tree", "[tool][grep]") {
  test::ToolBench bench;
  bench.write("a.txt", "TODO one\nTODO two\n");
  bench.write("src/b.cpp", "// TODO b\nint x;\n");
  bench.write("src/c.min.js", "TODO();\n");
  bench.write("out/d.cpp", "TODO d\n");
  bench.write("bin", std::string("TODO\0", 5));
  bench.write(".gitignore", "out\n");
  struct Row {
    Json input;
    std::string text;
  };
  const std::vector<Row> rows = {
      {{{"pattern", "TODO"}, {"glob", "*.txt"}}, "a.txt:1:TODO one\na.txt:2:TODO two\n"},
      {{{"pattern", "TODO"}}, "a.txt:1:TODO one\na.txt:2:TODO two\nsrc/b.cpp:1:// TODO b\nsrc/c.min.js:1:TODO();\n"},
      {{{"pattern", "TODO"}, {"output_mode", "files_with_matches"}}, "a.txt\nsrc/b.cpp\nsrc/c.min.js\n"},
      {{{"pattern", "TODO"}, {"output_mode", "count"}}, "a.txt:2\nsrc/b.cpp:1\nsrc/c.min.js:1\n"},
      {{{"pattern", "TODO"}, {"head_limit", 1}},
       "a.txt:1:TODO one\n[there is more; narrow the search or raise head_limit]\n"},
      {{{"pattern", "TODO"}, {"output_mode", "files_with_matches"}, {"head_limit", 3}},
       "a.txt\nsrc/b.cpp\nsrc/c.min.js\n"},
      {{{"pattern", "todo"}, {"-i", true}, {"type", "cpp"}, {"-A", 1}, {"-n", false}},
       "src/b.cpp:// TODO b\nsrc/b.cpp-int x;\n"},
      {{{"pattern", "TODO"}, {"glob", "!*.{js,txt}"}}, "src/b.cpp:1:// TODO b\n"},
      {{{"pattern", "TODO"}, {"glob", "src/**/*.cpp"}}, "src/b.cpp:1:// TODO b\n"},
      {{{"pattern", "TODO"}, {"path", "src"}, {"glob", "src/*.cpp"}}, "src/b.cpp:1:// TODO b\n"},
      {{{"pattern", "TODO"}, {"path", "a.txt"}}, "a.txt:1:TODO one\na.txt:2:TODO two\n"},
      {{{"pattern", "TODO"}, {"path", "out"}}, "out/d.cpp:1:TODO d\n"},
      {{{"pattern", "FIXME"}}, "no matches for \"FIXME\" in . (5 files searched)"},
      {{{"pattern", "one\\nTODO"}},
       "no matches for \"one\\nTODO\" in . (5 files searched); a match over line ends needs multiline"},
      {{{"pattern", "one\\nTODO"}, {"multiline", true}}, "a.txt:1:TODO one\na.txt:2:TODO two\n"},
      {{{"pattern", "TODO"}, {"type", "pyton"}},
       "error: there is no file type \"pyton\"; did you mean \"python\"?; use glob for others"},
      {{{"pattern", "("}}, "error: the pattern \"(\" is not valid: missing ): ("},
      {{{"pattern", "x"}, {"path", "a.tx"}}, "error: no file \"a.tx\" in the workspace; similar: a.txt"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.input.dump());
    CHECK(bench.text("Grep", row.input) == row.text);
  }
}

TEST_CASE("Grep: what may not be read is not found, by no way round", "[tool][grep]") {
  std::string hidden;
  test::ToolBench bench([&](sandbox::SandboxPolicy& policy) {
    hidden = policy.workspace + "/data";
    policy.hidden = {hidden};
  });
  bench.write("data/secret.txt", "needle in data\n");
  bench.write("private/key.txt", "needle in private\n");
  bench.write("open.txt", "needle in open\n");
  std::filesystem::create_directories(bench.outside("else"));
  std::ofstream(bench.outside("else/far.txt")) << "needle outside\n";
  std::filesystem::create_symlink(bench.outside("else"), bench.root() + "/link");
  std::filesystem::create_symlink(bench.outside("else/far.txt"), bench.root() + "/link.txt");
  std::filesystem::create_symlink(hidden + "/secret.txt", bench.root() + "/secret_link.txt");
  bench.may_read = [](std::string_view path) { return path.find("/private/") == std::string_view::npos; };
  CHECK(bench.text("Grep", {{"pattern", "needle"}}) == "open.txt:1:needle in open\n");
  for (const auto* path : {"data", "data/secret.txt", "secret_link.txt", "link", "link.txt", "data/../data"}) {
    CAPTURE(path);
    const auto text = bench.text("Grep", {{"pattern", "needle"}, {"path", path}});
    CHECK(text.starts_with("error: "));
    CHECK(text.find("needle") == std::string::npos);
  }
  CHECK(bench.text("Glob", {{"pattern", "**/*.txt"}}).find("secret.txt") == std::string::npos);
}

TEST_CASE("Grep: a large tree gives the same text every time", "[tool][grep]") {
  test::ToolBench bench;
  std::string expected;
  for (int i = 100; i < 400; ++i) {
    const auto path = fmt::format("d{}/f{}.txt", i / 50, i);
    bench.write(path, fmt::format("x\nneedle {}\n", i));
    expected += fmt::format("{}:2:needle {}\n", path, i);
  }
  for (int round = 0; round < 5; ++round) CHECK(bench.text("Grep", {{"pattern", "needle"}}) == expected);
}

TEST_CASE("Grep: special files and names with control characters do no harm", "[tool][grep]") {
  test::ToolBench bench;
  REQUIRE(::mkfifo((bench.root() + "/pipe").c_str(), 0600) == 0);
  bench.write("a\x1b[31mb.txt", "needle\n");
  CHECK(bench.text("Grep", {{"pattern", "needle"}}) == "a⟦escape⟧b.txt:1:needle\n");
  CHECK(bench.text("Grep", {{"pattern", "needle"}, {"path", "pipe"}}) ==
        "error: \"pipe\" is a named pipe, not a regular file");
}

}  // namespace
}  // namespace errand::tool
