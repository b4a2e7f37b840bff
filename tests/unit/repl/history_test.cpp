#include "repl/editor/history.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "base/file.hpp"
#include "support/temp_dir.hpp"

using namespace errand;
using repl::History;

TEST_CASE("history: lines of several processes, with line ends, without secrets", "[repl][editor]") {
  const test::TempDir temp;
  const auto path = temp / "repl_history";
  const auto clean = [](std::string line) { return line == "secret" ? std::string("[removed]") : line; };
  History one;
  History other;
  REQUIRE(one.open({path, clean}));
  REQUIRE(other.open({path, clean}));
  REQUIRE(one.add("two\nlines \\n"));
  REQUIRE(other.add("secret"));
  REQUIRE(one.add("last"));
  REQUIRE(one.add("last"));
  REQUIRE(one.add(std::string(History::max_entry_bytes + 1, 'x')));
  CHECK(one.lines() == std::vector<std::string>{"two\nlines \\n", "last"});
  History later;
  REQUIRE(later.open({path, clean}));
  CHECK(later.lines() == std::vector<std::string>{"two\nlines \\n", "[removed]", "last"});
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600U);
}

TEST_CASE("history: a file that has grown is written anew with the newest", "[repl][editor]") {
  const test::TempDir temp;
  const auto path = temp / "repl_history";
  std::string content;
  for (std::size_t i = 0; i < 2 * History::max_entries; ++i) content += "line " + std::to_string(i) + "\n";
  REQUIRE(write_file_atomic(path, content, 0600));
  History before;
  REQUIRE(before.open({path, {}}));
  History history;
  REQUIRE(history.open({path, {}}));
  CHECK(history.lines().size() == History::max_entries);
  CHECK(history.lines().front() == "line 10000");
  REQUIRE(history.add("new"));
  CHECK(read_file(path)->ends_with("line 19999\nnew\n"));
}
