#include "tool/numbered_lines.hpp"

#include <catch2/catch.hpp>

namespace errand::tool {
namespace {

std::string number(std::string_view text, NumberedLines::Window window, std::size_t piece) {
  NumberedLines lines(window);
  for (std::size_t i = 0; i < text.size(); i += piece) lines.feed(text.substr(i, piece));
  lines.finish();
  return lines.text();
}

TEST_CASE("numbered lines: the window does not depend on where the text is cut", "[tool][read]") {
  const std::string_view text = "one\r\ntwo\n\nf\xC3\xBCnf\x1b[31m\nlast without end";
  const auto piece = GENERATE_COPY(range(std::size_t{1}, text.size() + 1));
  CAPTURE(piece);
  CHECK(number(text, {2, 3, 10'000}, piece) == "     2\ttwo\n     3\t\n     4\tf\xC3\xBCnf⟦escape⟧\n");
  CHECK(number(text, {5, 9, 10'000}, piece) == "     5\tlast without end\n");
}

TEST_CASE("numbered lines: a long line is cut at a character and says how much is missing", "[tool][read]") {
  std::string line;
  for (int i = 0; i < 2001; ++i) line += "ü";
  const auto shown = number(line + "\nnext\n", {1, 2, 100'000}, 4096);
  CHECK(shown.ends_with("ü [… 2 more bytes in this line]\n     2\tnext\n"));
  const std::string exact(2000, 'x');
  CHECK(number(exact + "\r\n", {1, 1, 100'000}, 100) == "     1\t" + exact + "\n");
}

TEST_CASE("numbered lines: the window ends before the line that would be too much, and goes on counting",
          "[tool][read]") {
  NumberedLines lines({1, 100, 30});
  lines.feed("aaaaaaaaaa\nbbbbbbbbbb\nc\n");
  CHECK(lines.full());
  lines.feed("d\ne");
  lines.finish();
  CHECK(lines.text() == "     1\taaaaaaaaaa\n");
  CHECK(lines.kept() == 1);
  CHECK(lines.seen() == 5);
}

}  // namespace
}  // namespace errand::tool
