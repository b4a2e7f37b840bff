#include "tool/edit_text.hpp"

#include <catch2/catch.hpp>

namespace errand::tool {
namespace {

std::string applied(std::string text, const std::vector<Replacement>& edits) {
  auto out = apply_replacements(std::move(text), edits);
  return out ? *out : "error: " + out.error().message;
}

TEST_CASE("edit text: why a text was not found, and what stands there instead", "[tool][edit]") {
  struct Row {
    const char* text;
    const char* wanted;
    const char* message;
  };
  const auto row = GENERATE(values<Row>({
      {"int main() {\n\treturn 0;\n}\n", "int main() {\n    return 0;\n}\n",
       "error: old_string is not in the file: only white space differs from this (the file indents with tabs):"
       "\n     1\tint main() {\n     2\t\treturn 0;\n     3\t}"},
      {"if (a)\n    go();\n", "\tgo();",
       "error: old_string is not in the file: only white space differs from this (the file indents with spaces):"
       "\n     2\t    go();"},
      {"alpha\nresult = compute(first, second);\nomega\n", "result = compute(first, third);",
       "error: old_string is not in the file; the nearest text is:\n     2\tresult = compute(first, second);"},
      {"alpha\nbeta\n", "something else entirely",
       "error: old_string is not in the file; nothing similar is there either: Read the file again"},
      {"one\ntwo\n", "     1\tone\n     2\ttwo",
       "error: old_string is not in the file: it holds the line numbers Read puts before each line; leave them out"},
      {"a\xE2\x80\x8B"
       "b\n",
       "a⟦invisible⟧b",
       "error: old_string is not in the file: a mark like ⟦invisible⟧ stands for characters Read took out; choose text "
       "around it, or use a program"},
      {"x\ny\nx\nx\n", "x",
       "error: old_string is in the file 3 times (lines 1, 3, 4); add surrounding lines to name one, or set "
       "replace_all"},
      {"x\n", "",
       "error: old_string is empty; to make a file or replace all of it use Write, to insert give text beside it"},
      {"x\n", "\n\n\n", "error: old_string is only white space and not in the file in that form"},
  }));
  CAPTURE(row.text, row.wanted);
  CHECK(applied(row.text, {{row.wanted, "new"}}) == row.message);
}

TEST_CASE("edit text: edits apply in order, all or none", "[tool][edit]") {
  CHECK(applied("a b c\n", {{"a", "b b"}, {"b b b", "x"}}) == "x c\n");
  CHECK(applied("a b c\n", {{"a", "x"}, {"a", "y"}}) ==
        "error: edit 2 of 2: old_string is not in the file; nothing similar is there either: Read the file again; no "
        "edit "
        "was made");
  CHECK(applied("aXaXa", {{"a", "aa", Occurrences::all}}) == "aaXaaXaa");
  CHECK(applied("a", {{"a", "a"}}) == "error: old_string and new_string are the same; nothing would change");
}

TEST_CASE("edit text: line ends stay what they are", "[tool][edit]") {
  CHECK(applied("one\r\ntwo\r\nthree\r\n", {{"one\ntwo\n", "1\n2\nmore\n"}}) == "1\r\n2\r\nmore\r\nthree\r\n");
  CHECK(applied("one\r\ntwo\r\n", {{"one\r\ntwo", "x\r\ny"}}) == "x\r\ny\r\n");
  CHECK(applied("mixed\r\nends\nhere\r\n", {{"ends\nhere", "a\nb"}}) == "mixed\r\na\nb\r\n");
  CHECK(applied("\xEF\xBB\xBF"
                "bytes \xFF stay\n",
                {{"bytes", "they"}}) ==
        "\xEF\xBB\xBF"
        "they \xFF stay\n");
}

}  // namespace
}  // namespace errand::tool
