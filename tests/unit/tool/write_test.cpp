#include <catch2/catch.hpp>

#include "support/tool_bench.hpp"

namespace errand::tool {
namespace {

TEST_CASE("Write: what was not read, or changed since, is not overwritten", "[tool][write]") {
  test::ToolBench bench;
  bench.write("a.txt", "theirs\n");
  const Json write = {{"file_path", "a.txt"}, {"content", "ours\n"}};
  CHECK(bench.text("Write", write) ==
        "error: \"a.txt\" exists and has not been read yet; Read it first, then change it");

  bench.text("Read", {{"file_path", "a.txt"}});
  bench.write("a.txt", "changed meanwhile\n");
  CHECK(bench.text("Write", write) ==
        "error: \"a.txt\" changed on disk since it was read; Read it again, then change it");
  CHECK(bench.read("a.txt") == "changed meanwhile\n");

  bench.text("Read", {{"file_path", "./a.txt"}});
  CHECK(bench.text("Write", write) == "updated a.txt (1 line)");
  CHECK(bench.read("a.txt") == "ours\n");
  CHECK(bench.text("Write", {{"file_path", "a.txt"}, {"content", "again"}}) == "updated a.txt (1 line)");
}

TEST_CASE("Write: a new file comes with its parents and may be changed at once", "[tool][write]") {
  test::ToolBench bench;
  CHECK(bench.text("Write", {{"file_path", "x/y/new.txt"}, {"content", "1\n2\n"}}) == "created x/y/new.txt (2 lines)");
  CHECK(bench.text("Edit", {{"file_path", "x/y/new.txt"}, {"old_string", "2"}, {"new_string", "3"}}) ==
        "updated x/y/new.txt\n@@ -1,2 +1,2 @@\n 1\n-2\n+3\n");
  CHECK(bench.text("Write", {{"file_path", "empty"}, {"content", ""}}) == "created empty (0 lines)");
}

TEST_CASE("Write: protected, read-only and outside places say what they are", "[tool][write]") {
  test::ToolBench bench([](sandbox::SandboxPolicy& policy) { policy.readable = {"/usr"}; });
  bench.write(".git/HEAD", "ref: refs/heads/main\n");
  const auto error = [&](const std::string& path) {
    return bench.text("Write", {{"file_path", path}, {"content", "x"}});
  };
  CHECK(error(".git/hooks/pre-commit").find("is protected") != std::string::npos);
  CHECK(error("/usr/x").find("is read-only here") != std::string::npos);
  CHECK(error("/opt/x").find("is outside the workspace") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(bench.root() + "/.git/hooks/pre-commit"));
}

}  // namespace
}  // namespace errand::tool
