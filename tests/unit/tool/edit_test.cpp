#include <catch2/catch.hpp>

#include "support/tool_bench.hpp"

namespace errand::tool {
namespace {

using namespace std::string_literals;

TEST_CASE("Edit: a failed edit leaves the file as it was", "[tool][edit]") {
  test::ToolBench bench;
  bench.write("a.txt", "one\ntwo\n");
  const Json good = {{"old_string", "one"}, {"new_string", "1"}};
  const Json bad = {{"old_string", "three"}, {"new_string", "3"}};
  bench.text("Read", {{"file_path", "a.txt"}});
  CHECK(bench.text("Edit", {{"file_path", "a.txt"}, {"edits", {good, bad}}})
            .starts_with("error: \"a.txt\": edit 2 of 2: "));
  CHECK(bench.read("a.txt") == "one\ntwo\n");
  CHECK(bench.text("Edit", {{"file_path", "a.txt"}, {"edits", {good}}}) ==
        "updated a.txt\n@@ -1,2 +1,2 @@\n-one\n+1\n two\n");
  CHECK(bench.read("a.txt") == "1\ntwo\n");
}

TEST_CASE("Edit: what it refuses", "[tool][edit]") {
  test::ToolBench bench;
  bench.write("unread.txt", "x\n");
  bench.write("wide.txt", "\xFF\xFEx\0"s);
  bench.text("Read", {{"file_path", "wide.txt"}});
  struct Row {
    Json input;
    std::string text;
  };
  const std::vector<Row> rows = {
      {{{"file_path", "unread.txt"}, {"old_string", "x"}, {"new_string", "y"}},
       "error: \"unread.txt\" exists and has not been read yet; Read it first, then change it"},
      {{{"file_path", "new.txt"}, {"old_string", ""}, {"new_string", "y"}},
       "error: no file \"new.txt\"; Edit changes files that exist: make it with Write"},
      {{{"file_path", "unred.txt"}, {"old_string", "x"}, {"new_string", "y"}},
       "error: no file \"unred.txt\" in the workspace; similar: unread.txt"},
      {{{"file_path", "wide.txt"}, {"old_string", "x"}, {"new_string", "y"}},
       "error: \"wide.txt\" is UTF-16; Edit changes UTF-8 text only"},
      {{{"file_path", "unread.txt"}, {"old_string", "x"}},
       "error: Edit needs old_string and new_string, or a list of edits"},
      {{{"file_path", "unread.txt"}, {"old_string", "x"}, {"edits", {{{"old_string", "x"}, {"new_string", "y"}}}}},
       "error: Edit takes old_string and new_string, or edits; not both"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.input.dump());
    CHECK(bench.text("Edit", row.input) == row.text);
  }
}

}  // namespace
}  // namespace errand::tool
