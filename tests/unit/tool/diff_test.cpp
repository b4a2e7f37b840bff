#include "tool/diff.hpp"

#include <random>

#include <catch2/catch.hpp>

#include "base/text.hpp"

namespace errand::tool {
namespace {

// What a reader of the diff would make of `before`: fails the test where a hunk does not fit.
std::string patched(const std::string& before, const std::string& diff) {
  std::vector<std::string> old_lines;
  for (std::string_view rest = before; !rest.empty();) {
    const auto newline = rest.find('\n');
    const auto line = rest.substr(0, newline == std::string_view::npos ? newline : newline + 1);
    old_lines.emplace_back(line);
    rest.remove_prefix(line.size());
  }
  std::string out;
  std::size_t at = 0;
  auto lines = text::lines(diff);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& line = lines[i];
    if (line.starts_with("@@")) {
      std::size_t start = 0;
      int count = 1;
      const int read = std::sscanf(line.c_str(), "@@ -%zu,%d", &start, &count);
      if (read < 2 || count > 0) --start;  // a range of no lines names the line before it
      while (at < start) out += old_lines.at(at++);
      continue;
    }
    if (line.starts_with("\\")) continue;
    const bool no_newline = i + 1 < lines.size() && lines[i + 1].starts_with("\\");
    const auto content = line.substr(1) + (no_newline ? "" : "\n");
    if (line[0] != '+') REQUIRE(old_lines.at(at++) == content);
    if (line[0] != '-') out += content;
  }
  while (at < old_lines.size()) out += old_lines[at++];
  return out;
}

TEST_CASE("diff: applied to the old text it gives the new one", "[tool][diff]") {
  std::mt19937 random(GENERATE(range(1U, 60U)));
  const auto pick = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
  const auto make = [&] {
    std::string out;
    const int lines = pick(40);
    for (int i = 0; i < lines; ++i) out += std::string(1, static_cast<char>('a' + pick(6))) + "\n";
    if (pick(3) == 0) out += "tail";
    return out;
  };
  const auto before = make();
  const auto after = make();
  CAPTURE(before, after);
  CHECK(patched(before, unified_diff(before, after)) == after);
}

TEST_CASE("diff: hunks as diff -u prints them", "[tool][diff]") {
  CHECK(unified_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n", "1\n2\n3\n4x\n5\n6\n7\n8\n9\n10\n11\n13\nend") ==
        "@@ -1,7 +1,7 @@\n 1\n 2\n 3\n-4\n+4x\n 5\n 6\n 7\n"
        "@@ -9,5 +9,5 @@\n 9\n 10\n 11\n-12\n 13\n+end\n\\ No newline at end of file\n");
  CHECK(unified_diff("", "a\n") == "@@ -0,0 +1 @@\n+a\n");
  CHECK(unified_diff("a\n", "") == "@@ -1 +0,0 @@\n-a\n");
  CHECK(unified_diff("same\n", "same\n").empty());
}

TEST_CASE("diff: texts with nothing in common stay within the limits", "[tool][diff]") {
  std::string before;
  std::string after;
  for (int i = 0; i < 20'000; ++i) {
    before += "old " + std::to_string(i) + "\n";
    after += "new " + std::to_string(i) + "\n";
  }
  const auto diff = unified_diff(before, after, {.context_lines = 3, .max_bytes = 1000});
  CHECK(diff.starts_with("@@ -1,20000 +1,20000 @@\n-old 0\n"));
  CHECK(diff.size() < 1100);
  CHECK(diff.ends_with(" more lines of this diff]\n"));
}

}  // namespace
}  // namespace errand::tool
