#include "tool/text_search.hpp"

#include <regex>

#include <catch2/catch.hpp>

#include "base/fd.hpp"
#include "base/text.hpp"

namespace errand::tool {
namespace {

using namespace std::string_literals;

FileHits search(const std::string& content, const SearchSpec& spec) {
  auto search = TextSearch::make(spec);
  REQUIRE(search);
  auto file = memory_file(content);
  REQUIRE(file);
  auto hits = search->search(file->get(), "f", {});
  REQUIRE(hits);
  return *hits;
}

TEST_CASE("text search: context and matches across the pieces a large file is read in", "[tool][grep]") {
  // Lines of many lengths, so that line and piece borders meet in every way.
  std::string content;
  std::string expected;
  constexpr int lines = 60'000;
  for (int i = 1; i <= lines; ++i)
    content += "line " + std::to_string(i) + std::string(static_cast<std::size_t>(i % 97), '.') + "\n";
  const auto line = [](int i, char mark) {
    const auto text = "line " + std::to_string(i) + std::string(static_cast<std::size_t>(i % 97), '.');
    return std::string("f") + mark + std::to_string(i) + mark + text + "\n";
  };
  for (int i = 1000; i <= lines; i += 1000) {
    if (!expected.empty()) expected += "--\n";
    expected += line(i - 2, '-') + line(i - 1, '-') + line(i, ':');
    if (i < lines) expected += line(i + 1, '-');
  }
  const auto pattern = GENERATE("line \\d+000(\\.|$)"s, "e [0-9]{1,2}000\\b"s);
  const auto hits = search(content, {.pattern = pattern, .before = 2, .after = 1});
  CHECK(hits.text == expected);
  CHECK(hits.matches == 60);
  CHECK(hits.lines == text::lines(expected).size());
}

TEST_CASE("text search: what grep finds, with and without a required text", "[tool][grep]") {
  struct Row {
    const char* content;
    SearchSpec spec;
    const char* text;
  };
  const auto row = GENERATE(values<Row>({
      {"TODO one\nTODO two\n", {.pattern = "TODO"}, "f:1:TODO one\nf:2:TODO two\n"},
      {"a\nb", {.pattern = "b"}, "f:2:b\n"},
      {"a\n\nb\n", {.pattern = "^$"}, "f:2:\n"},
      {"a\nb", {.pattern = "$"}, "f:1:a\nf:2:b\n"},
      {"one needle\r\ntwo\r\n", {.pattern = "needle"}, "f:1:one needle\n"},
      {"needle x\nneedle y\n", {.pattern = "needle y$"}, "f:2:needle y\n"},
      {"needle x\nyy needle\n", {.pattern = "^needle"}, "f:1:needle x\n"},
      {"Needle\n", {.pattern = "needle", .letters = SearchCase::ignored}, "f:1:Needle\n"},
      {"a\nb\n", {.pattern = "a\\sb"}, ""},
      {"a\nb\nc\n", {.pattern = "a.b", .span = SearchSpan::multiline}, "f:1:a\nf:2:b\n"},
      {"x\nstart\nmid\nend\ny\n",
       {.pattern = "start[\\s\\S]*end", .span = SearchSpan::multiline, .after = 1},
       "f:2:start\nf:3:mid\nf:4:end\nf-5-y\n"},
      {"a\nb\nc\nd\n", {.pattern = "c", .before = 1, .line_numbers = false}, "f-b\nf:c\n"},
      {"m\n1\n2\nm\n", {.pattern = "m", .before = 1, .after = 1}, "f:1:m\nf-2-1\nf-3-2\nf:4:m\n"},
      {"m\n1\n2\n3\nm\n", {.pattern = "m", .before = 1, .after = 1}, "f:1:m\nf-2-1\n--\nf-4-3\nf:5:m\n"},
      {"m\nm\nm\n", {.pattern = "m", .max_lines = 2}, "f:1:m\nf:2:m\n"},
      {"ans\x1b[31mi\n", {.pattern = "ans"}, "f:1:ans⟦escape⟧i\n"},
      {"", {.pattern = "x*"}, ""},
  }));
  CAPTURE(row.content, row.spec.pattern);
  CHECK(search(row.content, row.spec).text == row.text);
}

TEST_CASE("text search: a long line is cut around its match", "[tool][grep]") {
  const auto text =
      search(std::string(5000, 'a') + "needle" + std::string(5000, 'b') + "\n", {.pattern = "needle"}).text;
  CHECK(text.starts_with("f:1:[…]aaaa"));
  CHECK(text.find("needle") != std::string::npos);
  CHECK(text.ends_with("bbbb[…]\n"));
  CHECK(text.size() < 600);
}

TEST_CASE("text search: binary files hold nothing, UTF-16 is decoded", "[tool][grep]") {
  CHECK(search("needle\0needle\n"s, {.pattern = "needle"}).matches == 0);
  CHECK(search(std::string(9000, ' ') + "needle\n\0"s, {.pattern = "needle"}).matches == 0);
  CHECK(search("\xFF\xFE"
               "n\0e\0e\0d\0l\0e\0\n\0"s,
               {.pattern = "needle"})
            .text == "f:1:needle\n");
}

TEST_CASE("text search: a pattern that is not valid says why", "[tool][grep]") {
  const auto message = [](const char* pattern) { return TextSearch::make({.pattern = pattern}).error().message; };
  CHECK(message("a(b") == "the pattern \"a(b\" is not valid: missing ): a(b");
  CHECK(message("(?<=a)b").ends_with("; this is RE2, which has no look-around and no back-references"));
  CHECK(message("(a)\\1").ends_with("; this is RE2, which has no look-around and no back-references"));
}

TEST_CASE("text search: a stopped call ends within a large file", "[tool][grep]") {
  std::stop_source source;
  source.request_stop();
  auto search = TextSearch::make({.pattern = "nothing"});
  auto file = memory_file(std::string(5U << 20U, '\n'));
  REQUIRE(file);
  const auto hits = search->search(file->get(), "f", Call{source.get_token()});
  REQUIRE_FALSE(hits);
  CHECK(hits.error().kind == ErrorKind::cancelled);
}

}  // namespace
}  // namespace errand::tool
