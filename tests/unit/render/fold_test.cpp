#include "render/fold.hpp"

#include <catch2/catch.hpp>

using namespace errand::render;

TEST_CASE("fold: what is too wide is broken at words, under its own beginning", "[render][fold]") {
  CHECK(fold("error: no such thing here\n  hint: try another one\n", 18) ==
        "error: no such\n  thing here\n  hint: try\n    another one\n");
  CHECK(fold("fits\n\nas it is", 18) == "fits\n\nas it is");
  CHECK(fold("/name ARG   does this and that", 24, 12) == "/name ARG   does this\n            and that");
}

TEST_CASE("fold: a word that is wider than the line is cut, and a narrow one has no margin", "[render][fold]") {
  CHECK(fold("0123456789abcdef", 12, 0) == "0123456789ab\ncdef");
  CHECK(fold("        deep inside of it", 12) == "deep inside\nof it");
  CHECK(fold("漢字漢字漢字漢字", 6, 0) == "漢字漢\n字漢字\n漢字");
}

TEST_CASE("fold: nothing is folded where there is no terminal", "[render][fold]") {
  const std::string line(300, 'x');
  CHECK(fold(line + " y\n", no_folding) == line + " y\n");
}
