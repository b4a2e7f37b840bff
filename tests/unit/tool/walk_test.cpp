#include "tool/walk.hpp"

#include <algorithm>
#include <random>
#include <set>

#include <catch2/catch.hpp>

#include "base/text.hpp"
#include "support/tool_bench.hpp"

namespace errand::tool {
namespace {

std::string output_of(const std::string& directory, std::vector<std::string> argv) {
  argv.insert(argv.begin(), {"/usr/bin/env", "-C", directory, "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1"});
  std::string out;
  const auto finished = run_process({.argv = std::move(argv), .env = {"PATH=/usr/bin:/bin"}, .directory = {}},
                                    [&](OutputStream, std::string_view bytes) { out += bytes; }, {});
  REQUIRE(finished);
  return out;
}

class WalkBench : public test::ToolBench {
 public:
  std::set<std::string> walked(int threads, const std::string& below = {}) {
    const Context context{.files = files(),
                          .shell = shell,
                          .state = state,
                          .interaction = person,
                          .skills = skills,
                          .call_id = "c",
                          .cwd = root(),
                          .targets = {},
                          .may_read = {},
                          .report = {}};
    auto start =
        open_walk_root(context, {below.empty() ? root() : root() + "/" + below, sandbox::Place::writable, true});
    REQUIRE(start);
    std::mutex mutex;
    std::set<std::string> out;
    const Visit visit = [&](const Found& found) -> Result<void> {
      const std::lock_guard lock(mutex);
      out.insert((below.empty() ? "" : below + "/") + std::string(found.relative));
      return {};
    };
    REQUIRE(walk(*std::move(start), context, {.enter = {}, .threads = threads}, [&] { return visit; }, {}));
    return out;
  }
};

TEST_CASE("walk: leaves out exactly what git ignores, nested and negated", "[tool][walk]") {
  WalkBench bench;
  std::mt19937 random(GENERATE(range(1U, 9U)));
  const auto pick = [&](std::vector<std::string> from) {
    return from[std::uniform_int_distribution<std::size_t>(0, from.size() - 1)(random)];
  };
  const std::vector<std::string> names = {"a", "b", "out", "x.o", "y.txt", "z.log", "b.d"};
  for (int i = 0; i < 120; ++i) {
    std::string path = pick(names);
    for (int depth = 0; depth < 3 && !std::filesystem::exists(bench.root() + "/" + path); ++depth)
      path = pick({"a", "out", "b.d"}) + "/" + path;
    if (std::filesystem::is_directory(bench.root() + "/" + path)) continue;
    bool blocked = false;  // a file stands where a directory is wanted
    for (auto parent = parent_path(path); parent != "."; parent = parent_path(parent)) {
      blocked = blocked || std::filesystem::is_regular_file(bench.root() + "/" + parent);
    }
    if (!blocked) bench.write(path, "");
  }
  const std::vector<std::string> patterns = {"*.o",      "out/", "/a",    "a/b",    "**/b.d/x.o", "!x.o", "a/**",
                                             "!a/y.txt", "z.*",  "!out/", "[xy].*", "b.d/*",      "#a",   "*.log"};
  output_of(bench.root(), {"/usr/bin/git", "init", "-q"});
  for (const auto* directory : {"", "a/", "out/"}) {
    if (!std::filesystem::is_directory(bench.root() + "/" + directory)) continue;
    bench.write(std::string(directory) + ".gitignore",
                pick(patterns) + "\n" + pick(patterns) + "\n" + pick(patterns) + "\n");
  }
  bench.write(".git/info/exclude", pick(patterns) + "\n");

  auto listed = text::lines(output_of(bench.root(), {"/usr/bin/git", "ls-files", "-o", "--exclude-standard"}));
  const std::set<std::string> expected(listed.begin(), listed.end());
  CHECK(bench.walked(1) == expected);
  CHECK(bench.walked(4) == expected);
  std::set<std::string> below_a;
  for (const auto& path : expected) {
    if (path.starts_with("a/")) below_a.insert(path);
  }
  const bool a_is_ignored = !output_of(bench.root(), {"/usr/bin/git", "check-ignore", "--no-index", "a"}).empty();
  // Asked for by name, an ignored directory is searched after all.
  if (std::filesystem::is_directory(bench.root() + "/a") && !a_is_ignored) CHECK(bench.walked(2, "a") == below_a);
}

TEST_CASE("walk: a chain of directories deeper than any real one ends", "[tool][walk]") {
  WalkBench bench;
  std::string path;
  for (int i = 0; i < 300; ++i) path += "d/";
  bench.write(path + "deep.txt", "");
  bench.write("d/d/near.txt", "");
  CHECK(bench.walked(2) == std::set<std::string>{"d/d/near.txt"});
}

}  // namespace
}  // namespace errand::tool
