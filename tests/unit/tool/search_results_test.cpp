#include "tool/search_results.hpp"

#include <algorithm>
#include <random>

#include <catch2/catch.hpp>

namespace errand::tool {
namespace {

TEST_CASE("search results: what is shown does not depend on the order in which files were searched", "[tool][grep]") {
  std::vector<std::string> paths;
  for (char c = 'a'; c <= 'z'; ++c) paths.emplace_back(1, c);
  std::mt19937 random(GENERATE(range(1U, 20U)));
  std::ranges::shuffle(paths, random);
  SearchResults by_lines({.max_lines = 5, .max_bytes = 1000});
  SearchResults by_bytes({.max_lines = 0, .max_bytes = 13});
  for (auto* results : {&by_lines, &by_bytes}) {
    for (const auto& path : paths) {
      const auto text = path + ":1\n" + path + ":2\n";
      if (results->wants(path)) results->add(path, {.text = text, .lines = 2, .matches = 2});
    }
  }
  CHECK(by_lines.text().text == "a:1\na:2\nb:1\nb:2\nc:1\n");
  CHECK(by_lines.text().cut);
  CHECK(by_bytes.text().text == "a:1\na:2\nb:1\n");
  CHECK(by_bytes.text().cut);
}

TEST_CASE("search results: everything that fits is whole", "[tool][grep]") {
  SearchResults results({.max_lines = 2, .max_bytes = 100});
  results.add("b", {.text = "b\n", .lines = 1, .matches = 1});
  results.add("a", {.text = "a\n", .lines = 1, .matches = 1});
  CHECK(results.text().text == "a\nb\n");
  CHECK_FALSE(results.text().cut);
}

}  // namespace
}  // namespace errand::tool
